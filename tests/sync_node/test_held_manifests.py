"""Manifests are kept parsed within bounds, and damaged ones are never used."""

from pathlib import Path

import pytest

from content_packs import manifest as manifests
from content_packs.errors import DigestMismatch, Missing
from sync_node.held_manifests import HeldManifests
from sync_node.limits import MANIFESTS_CACHED_MAX
from tests.sync_node.lan.lessons import LESSON
from tests.sync_node.lan.school import School, describe, furnished_school


@pytest.fixture
def school(tmp_path: Path) -> School:
    return furnished_school(tmp_path)


def _digest(school: School) -> str:
    return manifests.digest(school.manifests["fractions", 1])


def test_a_manifest_is_read_once(school: School) -> None:
    held = HeldManifests(school.data_dir)
    assert held.get(_digest(school)) is held.get(_digest(school))


def test_it_knows_who_needs_a_file(school: School) -> None:
    found = HeldManifests(school.data_dir).get(_digest(school))
    assert found.lessons_of_path[f"{LESSON}/pizza.png"] == (LESSON,)
    assert "cover.png" not in found.lessons_of_path
    lesson, item = found.item_of_path[f"{LESSON}/intro.en.html"]
    assert (lesson.id, item.id) == (LESSON, "intro")
    assert found.exercise_paths == {f"{LESSON}/practice.en.exercise.json"}


def test_the_least_used_is_forgotten_first(school: School) -> None:
    held = HeldManifests(school.data_dir)
    first = held.get(_digest(school))
    kept = []
    for number in range(2, MANIFESTS_CACHED_MAX + 2):
        manifest = school.add(describe("many", (), version=number), {})
        kept.append(held.get(manifests.digest(manifest)))
    again = held.get(_digest(school))
    assert again is not first
    assert held.get(manifests.digest(kept[-1].manifest)) is kept[-1]


def test_a_missing_or_damaged_manifest_is_refused(school: School) -> None:
    place = school.data_dir.manifest_path(_digest(school))
    data = place.read_bytes()
    place.write_bytes(data.replace(b"Fractions", b"Fractionz"))
    with pytest.raises(DigestMismatch):
        HeldManifests(school.data_dir).get(_digest(school))
    place.unlink()
    with pytest.raises(Missing):
        HeldManifests(school.data_dir).get(_digest(school))
