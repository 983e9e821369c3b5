"""The texts of both packs: every exercise is sound, every revision and every script fits."""

from pathlib import Path

import pytest

from content_packs import samples
from content_packs.exercises import gift_source, toml_source
from content_packs.samples import scripts
from content_packs.samples.revision import read_sources

FOLDER = Path(samples.__file__).parent
EVERY_VERSION = [(pack, version) for pack in samples.PACKS for version in samples.VERSIONS]


EXERCISES = [*sorted(FOLDER.rglob("*.quiz.toml")), *sorted(FOLDER.rglob("*.gift"))]


@pytest.mark.parametrize("path", EXERCISES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_an_exercise_is_sound(path: Path) -> None:
    reader = gift_source if path.suffix == ".gift" else toml_source
    exercise, faults = reader.parse(path.read_text(), name=path.name)
    assert faults == []
    assert exercise is not None
    assert len(exercise.questions) >= 6


@pytest.mark.parametrize(("pack", "version"), EVERY_VERSION)
def test_what_is_in_one_language_is_in_the_other(pack: str, version: int) -> None:
    names = set(read_sources(FOLDER / pack, version))
    english = {name for name in names if ".en." in name}
    assert english
    assert {name.replace(".en.", ".zh.") for name in english} == {n for n in names if ".zh." in n}


@pytest.mark.parametrize(("pack", "version"), EVERY_VERSION)
def test_links_to_other_lessons_follow_a_renamed_folder(pack: str, version: int) -> None:
    sources = read_sources(FOLDER / pack, version)
    folders = {name.partition("/")[0] for name in sources}
    links = [
        target.partition("/")[0]
        for name, data in sources.items()
        if name.endswith(".md")
        for target in data.decode().split("](../")[1:]
    ]
    assert links
    assert set(links) <= folders


@pytest.mark.parametrize(("pack", "version"), EVERY_VERSION)
def test_every_narration_is_in_both_languages(pack: str, version: int) -> None:
    films = {
        name: scripts.read_script(data, scripts.VideoScript, what=name)
        for name, data in read_sources(FOLDER / pack, version).items()
        if name.endswith(".video.toml")
    }
    assert len(films) == 3
    for film in films.values():
        for slide in film.slide:
            assert set(slide.title) == set(samples.LANGUAGES)
            assert all(set(step.say) == set(samples.LANGUAGES) for step in slide.step)
        assert film.slide[0].show or film.slide[0].step[0].show
