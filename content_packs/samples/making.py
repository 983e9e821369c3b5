"""Makes the sample packs: copies the texts, draws the pictures, films the videos, sets the PDFs.

Sources whose name starts with `_` are recipes; what they make takes their place. The same version
of this project, fonts, voice and ffmpeg give the same bytes, whenever and wherever it is run.
"""

import io
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from content_packs import durable
from content_packs.errors import InvalidContent, Refused, UsageError
from content_packs.samples import colours
from content_packs.samples.canvas import Picture
from content_packs.samples.drawings import draw_scene
from content_packs.samples.revision import read_sources
from content_packs.samples.scripts import (
    LocalisedText,
    Pictures,
    VideoScript,
    Worksheet,
    read_script,
)
from content_packs.samples.shapes import Words
from content_packs.samples.video import make_video
from content_packs.samples.worksheet import make_worksheet

PACKS = ("fractions", "water-cycle")
LANGUAGES = ("en", "zh")
_ACCENTS = {"fractions": colours.TOMATO, "water-cycle": colours.BLUE}
_SOURCES = Path(__file__).parent
_WORDS = "_words.toml"
_PICTURES = "_pictures.toml"
_VIDEO = ".video.toml"
_WORKSHEET = ".worksheet.toml"
_PICTURE_MARGIN = 24
_ANY_LANGUAGE = "{language}"


@dataclass(frozen=True)
class Kitchen:
    """What every recipe of a pack needs."""

    words: dict[str, Words]
    accent: str


def make(pack: str, version: int, folder: Path, *, report: Callable[[str], None]) -> Path:
    """Make the pack folder `folder/<pack>` of a sample pack, and return it.

    `report` is told what is being made, in words. Raises `UsageError` for a pack or version that
    there isn't, `Refused` where the folder is there already, `Missing` where the font, the voice
    or ffmpeg is missing, `StorageFailed`.
    """
    if pack not in PACKS:
        raise UsageError(f"there is no sample pack {pack!r}", hint=f"There are {', '.join(PACKS)}.")
    target, unfinished = folder / pack, folder / f".{pack}.unfinished"
    if target.exists():
        raise Refused(f"{target} is there already", hint="Remove it, or name another folder.")
    sources = read_sources(_SOURCES / pack, version)
    with durable.storage_errors(unfinished):
        shutil.rmtree(unfinished, ignore_errors=True)
    for path, data in _made(pack, sources, lambda text: report(f"{pack} {version}: {text}")):
        durable.make_folder((unfinished / path).parent)
        durable.write(unfinished / path, data)
    durable.rename(unfinished, target)
    return target


def _made(
    pack: str, sources: dict[str, bytes], report: Callable[[str], None]
) -> Iterator[tuple[str, bytes]]:
    kitchen = Kitchen(_read_words(sources[_WORDS]), _ACCENTS[pack])
    report("texts")
    for path, data in sources.items():
        folder, slash, name = path.rpartition("/")
        if not name.startswith("_"):
            yield path, data
        elif name != _WORDS:
            report(path)
            for made, made_data in _follow(name, data, kitchen):
                yield folder + slash + made, made_data


def _follow(name: str, data: bytes, kitchen: Kitchen) -> Iterator[tuple[str, bytes]]:
    if name == _PICTURES:
        yield from _draw_pictures(read_script(data, Pictures, what=name), kitchen)
    elif name.endswith(_VIDEO):
        script = read_script(data, VideoScript, what=name)
        stem = name.removeprefix("_").removesuffix(_VIDEO)
        yield from make_video(script, stem, kitchen.words, kitchen.accent)
    elif name.endswith(_WORKSHEET):
        worksheet = read_script(data, Worksheet, what=name)
        stem = name.removeprefix("_").removesuffix(_WORKSHEET)
        for language, words in kitchen.words.items():
            yield f"{stem}.{language}.pdf", make_worksheet(worksheet, language, words)
    else:
        raise InvalidContent(f"{name}: nobody knows how to make this", hint="Rename the recipe.")


def _draw_pictures(pictures: Pictures, kitchen: Kitchen) -> Iterator[tuple[str, bytes]]:
    for script in pictures.picture:
        in_all = _ANY_LANGUAGE in script.file
        for language in kitchen.words if in_all else LANGUAGES[:1]:
            width, height = script.size
            picture = Picture(width, height, colours.PAPER)
            box = (
                _PICTURE_MARGIN,
                _PICTURE_MARGIN,
                width - 2 * _PICTURE_MARGIN,
                height - 2 * _PICTURE_MARGIN,
            )
            draw_scene(picture.view, box, script.show, kitchen.words[language])
            data = io.BytesIO()
            picture.finish_few_colours().save(data, "PNG", optimize=True)
            yield script.file.replace(_ANY_LANGUAGE, language), data.getvalue()


def _read_words(data: bytes) -> dict[str, Words]:
    table = read_script(data, dict[str, LocalisedText], what=_WORDS)

    def words_of(language: str) -> Words:
        return lambda key: table[key][language]

    return {language: words_of(language) for language in LANGUAGES}
