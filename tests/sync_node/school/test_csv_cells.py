"""A class's records open in a spreadsheet, and nothing in them is run."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_node.school import csv_cells
from sync_node.school.exports import Wording
from tests.support.school import HALF_RIGHT, PRACTICE, RIGHT, SchoolRig

STARTERS = "=+-@＝＋－＠"


def cells_of(data: bytes, *, delimiter: str = ",") -> list[list[str]]:
    text = data.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def runs(cell: str) -> bool:
    """Say whether a spreadsheet might take a cell for a formula."""
    bare = cell.strip().strip('"').strip()
    return (bare[:1] in STARTERS and bare != "") or cell[:1] in {"\t", "\r", "\n"}


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


def test_a_pupil_with_a_formula_for_a_name_harms_nobody(rig: SchoolRig) -> None:
    made, (anna, ben) = rig.a_class("=cmd|' /C calc'!A0", "Ben")
    rig.answer(anna, RIGHT)
    rig.answer(anna, {"q1": ["=1+1"], "q2": ["@SUM(1)"]})
    rig.answer(ben, HALF_RIGHT)
    for lines in (rig.school.exports.results(made.id), rig.school.exports.answers(made.id)):
        rows = cells_of(b"".join(lines))
        assert len({len(row) for row in rows}) == 1
        assert not any(runs(cell) for row in rows for cell in row)
    answers = cells_of(b"".join(rig.school.exports.answers(made.id)))
    assert {row[1] for row in answers[1:]} == {"'=cmd|' /C calc'!A0", "Ben"}


def test_the_columns_say_what_happened(rig: SchoolRig) -> None:
    made, (anna,) = rig.a_class("Anna")
    rig.answer(anna, HALF_RIGHT)
    lines = rig.school.exports.results(
        made.id, wording=Wording(title_of=lambda place: f"About {place.item}")
    )
    head, row = cells_of(b"".join(lines))
    said = dict(zip(head, row, strict=True))
    assert said["pupil"] == "Anna"
    assert (said["best_score"], said["points"], said["tries"]) == ("2", "3", "1")
    assert said["title"] == f"About {PRACTICE.item}"
