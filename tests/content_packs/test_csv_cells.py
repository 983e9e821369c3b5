"""A spreadsheet opens what we write, and runs nothing of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs import csv_cells
from tests.support.spreadsheets import cells_of, runs


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", '"=1', "＝1+1", "＠a", "=",
        "=cmd|' /C calc'!A0", '=HYPERLINK("http://a","b")', "a;=1+1", "a;\t=1", "a\n=1", ';"=1',
    ],
)  # fmt: skip
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_no_cell_is_a_formula(cell: str, delimiter: str) -> None:
    data = b"".join(csv_cells.lines(["name"], [[cell, "next"]]))
    for row in cells_of(data, delimiter=delimiter):
        for found in row:
            assert not runs(found), found


@given(st.text(max_size=60))
def test_no_text_is_a_formula(text: str) -> None:
    data = b"".join(csv_cells.lines(["name"], [[text, "next"]]))
    (_, (first, second)) = cells_of(data)
    assert not runs(first)
    assert second == "next"


@given(st.text(st.characters(categories=["L", "N", "Zs"]), max_size=30))
def test_plain_text_stays_as_it_is(text: str) -> None:
    data = b"".join(csv_cells.lines(["name"], [[text, 3, None, 2.5]]))
    assert cells_of(data)[1] == [text, "3", "", "2.5"]


def test_it_says_that_it_is_utf_8_and_ends_lines_as_the_rfc_has_it() -> None:
    data = b"".join(csv_cells.lines(["a", "b"], [["小红", "x"]]))
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.endswith('"小红","x"\r\n'.encode())
