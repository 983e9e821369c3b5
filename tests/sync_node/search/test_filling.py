"""search.db follows what is open, whatever becomes of it or of the process that fills it."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from content_packs.errors import StorageFailed
from sync_node.models import LessonRow, PackRow
from sync_node.search import database
from sync_node.search.filling import Filled, Filler
from sync_node.search.indexer import filling_command
from sync_node.search.limits import FREE_BYTES_MIN
from sync_node.search.query import Searcher
from tests.support.source_code import CHECKOUT
from tests.sync_node.lan import lessons
from tests.sync_node.lan.school import School, describe, furnished_school, new_school


@pytest.fixture
def school(tmp_path: Path) -> School:
    return furnished_school(tmp_path)


def fill(school: School) -> Filled:
    return Filler(school.data_dir, pages=lambda _: ()).fill()


def found(school: School, text: str) -> set[str]:
    hits = Searcher(school.data_dir).search(text, languages=("en",)).hits
    return {f"{hit.pack}/{hit.lesson}/{hit.item}" for hit in hits}


def terms(place: Path) -> dict[str, list[tuple[str, int]]]:
    """Return all that the indexes hold: each token, and in how many rows."""
    opened = sqlite3.connect(place)
    try:
        return {
            table: opened.execute(f"SELECT term, doc FROM {table} ORDER BY 1").fetchall()  # noqa: S608
            for table in ("title_words", "passage_words")
        }
    finally:
        opened.close()


def assert_as_made_anew(school: School) -> None:
    """Check that what came by many fills is what one fill from nothing makes."""
    place = database.place_of(school.data_dir)
    came = terms(place)
    counts = _counts(place)
    database.throw_away(school.data_dir)
    fill(school)
    anew = terms(place)
    # Numbers of facets are given in their order of coming.
    for table in came:
        assert [t for t in came[table] if not _is_facet(t[0])] == [
            t for t in anew[table] if not _is_facet(t[0])
        ]
    assert counts == _counts(place)


def _is_facet(term: str) -> bool:
    return term.startswith("f") and term[1:].isdigit()


def _counts(place: Path) -> list[int]:
    opened = sqlite3.connect(place)
    try:
        return [
            opened.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
            for table in ("unit", "thing", "passage", "pack")
        ]
    finally:
        opened.close()


def test_what_is_open_is_found_and_nothing_else(school: School) -> None:
    assert fill(school) == Filled(put=5)
    assert found(school, "pizza") == {
        f"fractions/{lessons.LESSON}/intro", "fractions//",
    }  # fmt: skip
    assert found(school, "decimals") == set(), "that lesson is on its way"
    assert fill(school) == Filled(), "a second fill has nothing to do"


def test_a_lesson_that_opens_is_found_and_one_that_goes_is_not(school: School) -> None:
    fill(school)
    school.activate("fractions", 1, "decimals")
    assert fill(school).put == 1
    assert "fractions/decimals/intro" in found(school, "decimals")
    LessonRow.delete().where(LessonRow.lesson == "decimals").execute()
    assert fill(school).removed == 1
    assert found(school, "decimals") == set()
    assert_as_made_anew(school)


def test_a_renewed_lesson_is_found_by_its_new_words_alone(school: School) -> None:
    fill(school)
    new, contents = lessons.plain_lesson("rain", "Thunder and lightning", "雷电")
    school.add(describe("water-cycle", (new,), version=2, grade="5", subject="science"), contents)
    assert fill(school) == Filled(), "it isn't active yet"
    school.activate("water-cycle", 2, "rain")
    school.offer("water-cycle", 2)
    assert fill(school).put == 2
    assert "water-cycle/rain/" in found(school, "thunder")
    assert found(school, "comes from") == set()
    assert_as_made_anew(school)


def test_a_retired_pack_is_not_found(school: School) -> None:
    fill(school)
    PackRow.update(retired=True).where(PackRow.pack == "fractions").execute()
    assert fill(school).removed == 3
    assert found(school, "fraction") == set()
    assert_as_made_anew(school)
    PackRow.update(retired=False).where(PackRow.pack == "fractions").execute()
    fill(school)
    assert found(school, "fraction")


@pytest.mark.parametrize("damage", ["missing", "other rules", "no database", "half a file", "mark"])
def test_what_cannot_be_used_is_made_anew(school: School, damage: str) -> None:
    fill(school)
    place = database.place_of(school.data_dir)
    if damage == "missing":
        place.unlink()
    elif damage == "other rules":
        opened = sqlite3.connect(place)
        opened.execute("PRAGMA user_version = 7")
        opened.close()
    elif damage == "no database":
        place.write_bytes(b"something else" * 1_000)
    elif damage == "half a file":
        place.write_bytes(place.read_bytes()[: place.stat().st_size // 2])
    else:
        database.mark_damaged(school.data_dir)
    searcher = Searcher(school.data_dir)
    if damage in {"missing", "other rules", "no database"}:
        assert not searcher.search("pizza").ready
    fill(school)
    assert searcher.search("pizza").hits, "the site sees the new one"
    assert not database.is_marked(school.data_dir)


def test_a_damage_that_the_site_meets_is_mended_by_the_next_fill(school: School) -> None:
    fill(school)
    place = database.place_of(school.data_dir)
    data = bytearray(place.read_bytes())
    pages = range(2 * 4096, len(data), 4096)
    for at in pages:
        data[at : at + 64] = b"\xa5" * 64
    place.write_bytes(bytes(data))
    searcher = Searcher(school.data_dir)
    assert not searcher.search("pizza").ready
    assert database.is_marked(school.data_dir)
    fill(school)
    assert searcher.search("pizza").hits


def test_a_file_that_rotted_leaves_the_lesson_to_be_found_by_its_title(school: School) -> None:
    school.forget("fractions", 1, f"{lessons.LESSON}/intro.en.html")
    for digest in school.data_dir.stored_digests():
        place = school.data_dir.store_path(digest)
        if place.read_bytes().startswith(b"WEBVTT"):
            place.write_bytes(b"\xff\xfe not captions")
    fill(school)
    assert f"fractions/{lessons.LESSON}/intro" in found(school, "Sharing a pizza")


def test_a_damaged_manifest_is_told_and_the_rest_is_found(school: School) -> None:
    fill(school)
    (digest,) = {
        path.stem
        for path in school.data_dir.manifests.iterdir()
        if b'"water-cycle"' in path.read_bytes()
    }
    school.data_dir.manifest_path(digest).write_bytes(b"{}")
    database.throw_away(school.data_dir)
    filled = fill(school)
    assert filled.put == 3
    assert len(filled.troubles) == 1
    assert found(school, "fraction")
    assert found(school, "rain") == set()


def test_a_full_disk_leaves_what_is_there(school: School) -> None:
    fill(school)
    school.activate("fractions", 1, "decimals")
    full = Filler(school.data_dir, pages=lambda _: (), free=lambda _: FREE_BYTES_MIN - 1)
    with pytest.raises(StorageFailed, match="too full"):
        full.fill()
    assert found(school, "fraction")
    assert fill(school).put == 1


def _large(root: Path, count: int) -> School:
    school = new_school(root)
    for number in range(count):
        made = [
            lessons.plain_lesson(f"lesson-{n}", f"Number {number} part {n}", f"第{n}课数学")
            for n in range(20)
        ]
        contents: lessons.Contents = {}
        for _, files in made:
            contents |= files
        name = f"pack-{number}"
        school.add(describe(name, tuple(lesson for lesson, _ in made)), contents)
        school.offer(name, 1)
        school.activate(name, 1, *(lesson.id for lesson, _ in made))
    return school


SMALL_STEPS = """
import sys
from pathlib import Path
from sync_node.data_dir import DataDir
from sync_node.search.filling import Filler
Filler(DataDir(Path(sys.argv[1])), batch_rows=400).fill()
"""


def test_a_kill_in_the_middle_of_filling_costs_a_batch_at_most(tmp_path: Path) -> None:
    school = _large(tmp_path / "node", 20)
    place = database.place_of(school.data_dir)
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    small_steps = [sys.executable, "-c", SMALL_STEPS, str(school.data_dir.root)]
    kills = 0
    for _ in range(40):
        process = subprocess.Popen(small_steps, env=environment)
        before = _units(place)
        until = time.monotonic() + 30
        while process.poll() is None and _units(place) == before and time.monotonic() < until:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        if process.wait() == 0:
            break
        kills += 1
        if place.is_file():
            opened = sqlite3.connect(place)
            assert opened.execute("PRAGMA quick_check").fetchone() == ("ok",)
            opened.close()
    assert kills > 1, "it was killed at work"
    fill(school)
    assert _units(place) == 20 * 21
    assert_as_made_anew(school)


def _units(place: Path) -> int:
    try:
        opened = sqlite3.connect(f"file:{place}?mode=ro", uri=True)
        try:
            return int(opened.execute("SELECT count(*) FROM unit").fetchone()[0])
        finally:
            opened.close()
    except sqlite3.Error:
        return 0


def test_the_process_ends_well_and_says_what_failed(school: School) -> None:
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    command = filling_command(school.data_dir)
    assert command[0] == sys.executable
    subprocess.run(command, env=environment, check=True)
    assert found(school, "fraction")
    school.data_dir.node_db.unlink()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 9
    assert "node.db" in done.stderr
    assert "Traceback" not in done.stderr
