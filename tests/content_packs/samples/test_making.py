"""The sample packs: whole, the same each time, and version 2 differs where it says."""

import itertools
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from content_packs import samples, webvtt
from content_packs.errors import Refused, UsageError
from content_packs.lint import lint
from content_packs.media import read_media

# The packs are filmed for the first of these, unless they are in the cache.
pytestmark = pytest.mark.timeout(900)

OLD, NEW = "04-equal-fractions", "04-same-size-different-name"


def files_of(pack: Path) -> dict[str, bytes]:
    return {
        path.relative_to(pack).as_posix(): path.read_bytes()
        for path in sorted(pack.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("version", samples.VERSIONS)
def test_a_made_pack_is_without_fault(fractions: Mapping[int, Path], version: int) -> None:
    assert lint(fractions[version]) == []


def test_each_lesson_has_its_items_in_both_languages(fractions: Mapping[int, Path]) -> None:
    names = set(files_of(fractions[1]))
    expected = {
        "01-what-is-a-fraction/halves.{language}.480p.mp4",
        "01-what-is-a-fraction/halves.{language}.240p.mp4",
        "01-what-is-a-fraction/halves.{language}.vtt",
        "01-what-is-a-fraction/intro.{language}.md",
        "01-what-is-a-fraction/practice.{language}.quiz.toml",
        "02-numerator-and-denominator/two-numbers.{language}.png",
        "03-compare-fractions/slicer/index.html",
        "04-equal-fractions/worksheet.{language}.pdf",
        "cover.png",
    }
    for language in samples.LANGUAGES:
        assert {name.format(language=language) for name in expected} <= names


def test_no_recipe_and_nothing_unfinished_is_left(fractions: Mapping[int, Path]) -> None:
    for pack in fractions.values():
        assert not [path for path in pack.rglob("*") if path.name.startswith(("_", "."))]
        assert sorted(entry.name for entry in pack.parent.iterdir()) == sorted(samples.PACKS)


def test_version_2_changes_pages_and_one_video_and_not_a_byte_more(
    fractions: Mapping[int, Path],
) -> None:
    # Two runs made the two packs: what is equal here shows that a run gives the bytes of the last.
    first, second = (files_of(fractions[version]) for version in (1, 2))
    first = {path.replace(OLD, NEW): data for path, data in first.items()}
    assert first.keys() == second.keys()
    changed = {path for path in first if first[path] != second[path]}
    film = {
        f"03-compare-fractions/compare.{language}.{ending}"
        for language in samples.LANGUAGES
        for ending in ("480p.mp4", "240p.mp4", "vtt")
    }
    pages = {path for path in first if path.endswith(".md")}
    assert changed == {"pack.toml"} | film | pages


def test_version_2_has_another_footer_on_every_page(fractions: Mapping[int, Path]) -> None:
    for version, words in ((1, ("sample pack", "示例课程包")), (2, ("second edition", "第二版"))):
        for path, data in files_of(fractions[version]).items():
            if path.endswith(".md"):
                last = data.decode().rstrip("\n").rpartition("\n")[2]
                assert words[path.endswith(".zh.md")] in last, path


def test_version_2_mends_the_typos(fractions: Mapping[int, Path]) -> None:
    page = "02-numerator-and-denominator/number-line.en.md"
    assert "fraciton" in (fractions[1] / page).read_text()
    assert "fraciton" not in (fractions[2] / page).read_text()


@pytest.mark.parametrize("stem", ["halves", "compare", "equal"])
@pytest.mark.parametrize("version", samples.VERSIONS)
def test_captions_fit_the_video_in_either_language(
    fractions: Mapping[int, Path], version: int, stem: str
) -> None:
    lengths = set()
    for film in fractions[version].glob(f"*/{stem}.*.mp4"):
        with film.open("rb") as file:
            facts = read_media(file, film.stat().st_size)
        assert facts.has_video
        assert facts.plays_while_loading
        assert {track.kind for track in facts.tracks} == {"video", "audio"}
        lengths.add(facts.seconds)
    assert (
        max(lengths) - min(lengths) < 0.3
    )  # so that a caption of one language fits the film of the other
    for captions in fractions[version].glob(f"*/{stem}.*.vtt"):
        read = webvtt.parse(captions.read_text())
        assert read.problems == ()
        assert len(read.cues) >= 5
        assert all(before.end <= after.start for before, after in itertools.pairwise(read.cues))
        assert read.cues[-1].end <= min(lengths) * 1_000


def test_captions_are_in_their_language(fractions: Mapping[int, Path]) -> None:
    folder = fractions[1] / "01-what-is-a-fraction"
    assert not re.search("[一-龥]", (folder / "halves.en.vtt").read_text())
    assert len(re.findall("[一-龥]", (folder / "halves.zh.vtt").read_text())) > 50


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "fractions").mkdir()
    (tmp_path / "fractions" / "mine.txt").write_text("mine")
    with pytest.raises(Refused, match="is there already"):
        samples.make("fractions", 1, tmp_path, report=lambda _: None)
    assert (tmp_path / "fractions" / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize(("pack", "version"), [("algebra", 1), ("fractions", 3), ("fractions", 0)])
def test_a_pack_or_version_that_there_is_not(tmp_path: Path, pack: str, version: int) -> None:
    with pytest.raises(UsageError) as caught:
        samples.make(pack, version, tmp_path, report=lambda _: None)
    assert caught.value.hint
    assert list(tmp_path.iterdir()) == []
