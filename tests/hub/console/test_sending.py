"""A file that is made while it is sent: words where it can't begin, a last line where it breaks."""

import csv
import io
import json
from collections.abc import Iterator

import pytest
from flask import Flask, Response

from content_packs import csv_cells
from content_packs.errors import StorageFailed
from hub.console import sending

BROKEN = StorageFailed("hub.db: disk I/O error", hint="Look at the disk.")


def rows(good: int) -> Iterator[tuple[object, ...]]:
    for number in range(good):
        yield number, f"school {number}"
    raise BROKEN


def lines(good: int) -> Iterator[bytes]:
    for number in range(good):
        yield json.dumps({"number": number}).encode() + b"\n"
    raise BROKEN


def body_of(make: object, language: str = "en") -> str:
    """Return what a browser gets from a view that answers with what `make` returns."""
    app = Flask(__name__)

    @app.get("/")
    def view() -> Response:
        assert callable(make)
        answer = make()
        assert isinstance(answer, Response)
        return answer

    return app.test_client().get("/", headers={"Accept-Language": language}).text


@pytest.mark.parametrize("good", [0, 1, 99])
def test_what_cant_begin_raises_before_anything_is_sent(good: int) -> None:
    with Flask(__name__).test_request_context(), pytest.raises(StorageFailed):
        sending.table(csv_cells.lines(("number", "name"), rows(good)), "schools.csv")


def test_a_table_that_breaks_says_so_in_its_last_line() -> None:
    def broken() -> Response:
        return sending.table(csv_cells.lines(("number", "name"), rows(450)), "schools.csv")

    found = list(csv.reader(io.StringIO(body_of(broken).removeprefix(csv_cells.BYTE_ORDER_MARK))))
    assert len(found) == 1 + 400 + 1  # what was in hand when it broke is in no line
    assert found[-1][0] == sending.NOT_WHOLE
    assert "isn't whole" in found[-1][1]
    assert "不完整" in body_of(broken, "zh")


def test_json_lines_that_break_say_so_in_their_last_line() -> None:
    found = body_of(lambda: sending.json_lines(lines(5), "x.jsonl")).splitlines()
    assert [json.loads(line) for line in found[:-1]] == [{"number": each} for each in range(5)]
    assert "isn't whole" in json.loads(found[-1])[sending.NOT_WHOLE]


def test_what_is_whole_has_no_line_more() -> None:
    def whole() -> Response:
        return sending.table(csv_cells.lines(("name",), [("a",), ("b",)]), "x.csv")

    answer = body_of(whole).removeprefix(csv_cells.BYTE_ORDER_MARK)
    assert list(csv.reader(io.StringIO(answer))) == [["name"], ["a"], ["b"]]
