"""A class's records open in a spreadsheet, and nothing in them is run."""

from sync_node.school.exports import Wording
from tests.support.school import HALF_RIGHT, PRACTICE, RIGHT, SchoolRig
from tests.support.spreadsheets import cells_of, runs


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
