"""A school's own film, PDF or quiz: taken in piece by piece, looked at, kept durably."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content_packs.digests import digest_of
from content_packs.errors import InvalidContent, Missing, Refused, StorageFailed, UsageError
from content_packs.exercises import grading
from content_packs.limits import MIB
from sync_node.school.limits import MATERIALS_RESERVE_BYTES, PDF_BYTES_MAX, VIDEO_BYTES_MAX
from sync_node.school.materials import Material
from sync_node.school.quizzes import FaultyQuiz, FormQuestion, from_form, from_source
from tests.support import media
from tests.support.school import SchoolRig

TEACHER = "00000000-0000-4000-8000-000000000001"
OTHER = "00000000-0000-4000-8000-000000000002"
PDF = b"%PDF-1.7\n" + b"1 0 obj << >> endobj\n" * 100 + b"trailer << >>\n%%EOF\n"
WITH_PICTURE = """[[question]]
kind = "numeric"
prompt = "?"
answer = 1
picture = "a.png"
picture_alt = "a"
"""
QUIZ = [FormQuestion("choice", "Which is a half?", ("1/2",), ("1/3", "1/4"), "Count the parts.")]


def add(rig: SchoolRig, data: bytes, *, piece: int = 1_000, title: str = "Ours") -> Material:
    pieces = (data[at : at + piece] for at in range(0, len(data), piece))
    return rig.school.materials.receive(pieces, len(data), title=title, class_id="", by=TEACHER)


def files(rig: SchoolRig) -> list[Path]:
    return [path for path in rig.data_dir.materials.rglob("*") if path.is_file()]


def test_a_film_is_kept_as_it_came(rig: SchoolRig) -> None:
    film = media.mp4(seconds=42)
    made = add(rig, film)
    assert (made.kind, made.media_type, made.seconds) == ("video", "video/mp4", 42)
    assert made.plays_everywhere
    assert made.digest == digest_of(film)
    assert rig.school.materials.path(made).read_bytes() == film
    assert rig.school.materials.all() == [made]
    assert rig.school.materials.material(made.id) == made


def test_a_pdf_is_a_document(rig: SchoolRig) -> None:
    made = add(rig, PDF, piece=7)
    assert (made.kind, made.media_type) == ("document", "application/pdf")


@pytest.mark.parametrize(
    "data",
    [
        b"<html><script>alert(1)</script></html>", b"PK\x03\x04" + bytes(100), b"\x7fELF",
        b"<svg onload=alert(1)>", b"", b"MZ", PDF[:100], media.mp4(seconds=3)[:60],
        b"\x00\x00\x00\x18ftypmp42" + b"<script>alert(1)</script>" * 20,
    ],
    ids=["html", "zip", "program", "svg", "empty", "exe", "cut pdf", "cut mp4", "no mp4"],
)  # fmt: skip
def test_what_is_neither_is_refused_and_leaves_nothing(rig: SchoolRig, data: bytes) -> None:
    with pytest.raises((InvalidContent, UsageError)):
        add(rig, data)
    rig.reopen()
    add(rig, PDF)
    assert len(files(rig)) == 1


def test_a_piece_that_comes_again_changes_nothing_and_a_gap_is_refused(rig: SchoolRig) -> None:
    materials = rig.school.materials
    upload = materials.begin(len(PDF), by=TEACHER)
    assert materials.append(upload, 0, PDF[:500], by=TEACHER) == 500
    assert materials.append(upload, 0, PDF[:500], by=TEACHER) == 500
    with pytest.raises(UsageError, match="byte 500"):
        materials.append(upload, 600, PDF[600:700], by=TEACHER)
    with pytest.raises(UsageError, match="byte 500"):
        materials.append(upload, 400, PDF[400:700], by=TEACHER)
    with pytest.raises(UsageError, match="missing"):
        materials.finish(upload, title="Ours", class_id="", by=TEACHER)
    materials.append(upload, 500, PDF[500:], by=TEACHER)
    with pytest.raises(UsageError, match="more than"):
        materials.append(upload, len(PDF), b"more", by=TEACHER)
    made = materials.finish(upload, title="Ours", class_id="", by=TEACHER)
    assert materials.path(made).read_bytes() == PDF
    with pytest.raises(Missing):
        materials.finish(upload, title="Ours", class_id="", by=TEACHER)


def test_nobody_goes_on_with_the_upload_of_another(rig: SchoolRig) -> None:
    upload = rig.school.materials.begin(len(PDF), by=TEACHER)
    with pytest.raises(Missing):
        rig.school.materials.append(upload, 0, PDF, by=OTHER)


def test_what_was_begun_is_dropped_by_the_next_and_by_a_restart(rig: SchoolRig) -> None:
    first = rig.school.materials.begin(len(PDF), by=TEACHER)
    rig.school.materials.append(first, 0, PDF[:100], by=TEACHER)
    rig.school.materials.begin(len(PDF), by=TEACHER)
    with pytest.raises(Missing):
        rig.school.materials.append(first, 100, PDF[100:], by=TEACHER)
    rig.reopen()
    add(rig, PDF)
    assert len(files(rig)) == 1


def test_few_uploads_at_a_time(rig: SchoolRig) -> None:
    for number in range(4):
        rig.school.materials.begin(100, by=str(number))
    with pytest.raises(Refused):
        rig.school.materials.begin(100, by="one more")


@pytest.mark.parametrize("size", [-1, 0, VIDEO_BYTES_MAX + 1])
def test_a_size_that_no_file_may_have_is_refused_at_once(rig: SchoolRig, size: int) -> None:
    with pytest.raises(UsageError):
        rig.school.materials.begin(size, by=TEACHER)


def test_a_pdf_may_not_be_as_large_as_a_film(rig: SchoolRig) -> None:
    upload = rig.school.materials.begin(PDF_BYTES_MAX + 1, by=TEACHER)
    with pytest.raises(UsageError):
        rig.school.materials.append(upload, 0, PDF, by=TEACHER)


def test_packs_and_records_keep_their_room(rig: SchoolRig) -> None:
    rig.free = MATERIALS_RESERVE_BYTES + MIB
    with pytest.raises(StorageFailed):
        rig.school.materials.begin(2 * MIB, by=TEACHER)
    upload = rig.school.materials.begin(MIB, by=TEACHER)
    rig.free = MATERIALS_RESERVE_BYTES
    with pytest.raises(StorageFailed):
        rig.school.materials.append(upload, 0, PDF, by=TEACHER)


def test_the_same_bytes_lie_there_once_and_as_long_as_they_are_needed(rig: SchoolRig) -> None:
    first, second = add(rig, PDF, title="One"), add(rig, PDF, title="Two")
    assert first.digest == second.digest
    rig.school.materials.withdraw(first.id)
    assert rig.school.materials.path(second).read_bytes() == PDF
    rig.school.materials.withdraw(second.id)
    assert files(rig) == []
    with pytest.raises(Missing):
        rig.school.materials.material(second.id)


def test_a_file_that_nothing_names_is_tidied_away_and_no_other(rig: SchoolRig) -> None:
    made = add(rig, PDF)
    lost = rig.data_dir.materials / "ff" / ("f" * 64)
    lost.parent.mkdir()
    lost.write_bytes(b"of a cut")
    rig.school.materials.tidy()
    assert files(rig) == [rig.school.materials.path(made)]


def test_a_file_that_is_gone_or_cut_is_said_to_be(rig: SchoolRig) -> None:
    made = add(rig, PDF)
    path = rig.school.materials.path(made)
    path.chmod(0o644)
    path.write_bytes(PDF[:-1])
    with pytest.raises(Missing):
        rig.school.materials.path(made)


def test_a_class_sees_its_own_and_what_is_for_all(rig: SchoolRig) -> None:
    mine, _ = rig.a_class()
    other = rig.school.people.add_class("5a")
    for class_id in ("", mine.id, other.id):
        rig.school.materials.receive([PDF], len(PDF), title="T", class_id=class_id, by=TEACHER)
    found = rig.school.materials.of_class(mine.id)
    assert {one.class_id for one in found} == {"", mine.id}
    with pytest.raises(Missing):
        rig.school.materials.receive([PDF], len(PDF), title="T", class_id="x", by=TEACHER)


def test_a_material_is_offered_upward_only_if_somebody_says_so(rig: SchoolRig) -> None:
    made = add(rig, PDF)
    assert not made.offered
    rig.school.materials.offer(made.id, offered=True)
    assert rig.school.materials.material(made.id).offered


@given(st.binary(max_size=400), st.integers(1, 50))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_any_bytes_are_taken_or_refused(rig: SchoolRig, data: bytes, piece: int) -> None:
    for whole in (data, b"%PDF-" + data, b"\x1a\x45\xdf\xa3" + data, media.mp4(seconds=1) + data):
        try:
            made = add(rig, whole, piece=piece)
        except (InvalidContent, UsageError):
            continue
        assert rig.school.materials.path(made).read_bytes() == whole


def test_a_quiz_of_a_form_is_shown_and_graded(rig: SchoolRig) -> None:
    questions = [
        *QUIZ,
        FormQuestion("multiple-choice", "Even?", ("2", "4"), ("3",)),
        FormQuestion("text-entry", 'The capital of "France"?\\', ("Paris",)),
        FormQuestion("numeric", "Half of 3?", ("1.5", "")),
    ]
    quiz = from_form("Ours", questions, language="en")
    made = rig.school.materials.add_quiz(quiz, title="", class_id="", by=TEACHER)
    assert (made.title, made.kind) == ("Ours", "exercise")
    found = rig.school.materials.exercise(made)
    assert found.points == 4
    right = {
        "q1": [next(one.id for one in found.questions[0].options if one.correct)],  # type: ignore[union-attr]
        "q2": [one.id for one in found.questions[1].options if one.correct],  # type: ignore[union-attr]
        "q3": ["paris"],
        "q4": ["3/2"],
    }
    result = grading.grade(found, right)
    assert result.score == 4
    _, (anna,) = rig.a_class("Anna")
    assert rig.school.recording.answered(anna.actor, made.thing, found, result, submission="first")
    known = rig.school.progress.of_item(anna.actor, made.thing.place)
    assert known
    assert known.score == 4


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('[[question]]\nkind = "choice"\nprompt = "?"\noptions = []', "toml"),
        ("not toml", "toml"),
        ("::Q:: What? {", "gift"),
        ("", "gift"),
        (WITH_PICTURE, "toml"),
    ],
)  # fmt: skip
def test_a_faulty_quiz_says_all_that_is_wrong(text: str, kind: str) -> None:
    with pytest.raises(FaultyQuiz) as refused:
        from_source(text.encode(), kind, language="en")  # type: ignore[arg-type]
    assert [one for one in refused.value.faults if one.severity == "error"]


def test_a_gift_file_of_moodle_is_a_quiz() -> None:
    quiz = from_source("Which is a half? {=1/2 ~1/3}\n".encode("utf-8-sig"), "gift", language="zh")
    assert quiz.exercise.language == "zh"
    assert len(quiz.exercise.questions) == 1


def test_a_quiz_that_is_markup_does_no_harm() -> None:
    nasty = "<script>alert(1)</script><img src=x onerror=alert(1)> 3 < 4"
    quiz = from_form(nasty, [FormQuestion("choice", nasty, (nasty,), ("no",))], language="en")
    html = quiz.exercise.questions[0].prompt_html
    assert "<script" not in html
    assert "<img" not in html
    assert "3 &lt; 4" in html


@pytest.mark.parametrize("count", [0, 51])
def test_a_form_without_questions_or_with_too_many_is_refused(count: int) -> None:
    with pytest.raises(UsageError):
        from_form("Ours", QUIZ * count, language="en")


def test_pieces_of_a_stream_are_never_held_together(rig: SchoolRig) -> None:
    size = 40 * MIB
    body = io.BytesIO(PDF + bytes(size - len(PDF) - 6) + b"%%EOF\n")

    def pieces() -> Iterator[bytes]:
        while piece := body.read(MIB):
            yield piece

    made = rig.school.materials.receive(pieces(), size, title="T", class_id="", by=TEACHER)
    assert made.size == size
