"""What authors change in the made-up course: an update kind by kind, a small and a later one.

And the library: another author's pack, in which half of the course's first version stands.
"""

import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

from scripts.bench.syncing import course, media
from scripts.bench.syncing.course import Scale
from scripts.bench.syncing.words import Words

FOOTER = "Unit pages of the county course, looked through again. Edition of autumn."
TYPOS = 20
_EDITED_SHARE, _ROWS_SHARE = 0.05, 0.02
_DELETED, _CAPTIONS = 10, 30
_REPLACED, _REMUXED, _ADDED, _RENAMED = (3, 17), 9, (5, 21, 33), 12
_SEED = 80_000
_NEW_FILMS = 1_000  # seeds from here on are of films that version 1 hasn't


class Change:
    """Changes the folder of one version into the next one's."""

    def __init__(self, folder: Path, scale: Scale, films: Path, seed: int) -> None:
        self._folder, self._scale, self._films = folder, scale, films
        self._words = Words(_SEED + seed)

    def footer(self) -> None:
        """Change the template's footer, so every page."""
        for page in self._pages():
            _replace(page, course.FOOTER, FOOTER)

    def pages(self) -> None:
        """Write some sentences of 5% of the pages anew."""
        pages = self._pages()
        for page in self._words.chance.sample(pages, round(len(pages) * _EDITED_SHARE)):
            self._edit(page, sentences=4)

    def captions(self) -> None:
        """Correct 30 captions."""
        captions = sorted(self._folder.rglob("*.vtt"))
        for file in self._words.chance.sample(captions, _CAPTIONS):
            self._edit(file, sentences=1)

    def archive(self) -> None:
        """Change 2% of the archive's rows."""
        with sqlite3.connect(self._folder / course.ARCHIVE) as archive:
            (rows,) = archive.execute("select count(*) from entry").fetchone()
            chosen = sorted(self._words.chance.sample(range(1, rows + 1), int(rows * _ROWS_SHARE)))
            archive.executemany(
                "update entry set body = ? where id = ?",
                [(self._words.phrase(60), number) for number in chosen],
            )
        archive.close()

    def films_replaced(self) -> None:
        """Film two lessons anew."""
        for unit in _REPLACED:
            self._film(unit, self._unit(unit) / "film.en.mp4")

    def film_remuxed(self) -> None:
        """Pack a film again."""
        media.remux(self._unit(_REMUXED) / "film.en.mp4")

    def films_added(self) -> None:
        """Give three lessons a second film, without captions."""
        for unit in _ADDED:
            self._film(unit, self._unit(unit) / "second.en.mp4")

    def folder_renamed(self) -> None:
        """Give a lesson another name."""
        self._unit(_RENAMED).rename(self._folder / f"{_RENAMED:02}-another-name")

    def files_deleted(self) -> None:
        """Delete ten pages."""
        for page in self._words.chance.sample(self._pages(), _DELETED):
            page.unlink()

    def typos(self) -> None:
        """Correct a word in each of 20 pages: the small update."""
        for page in self._words.chance.sample(self._pages(), TYPOS):
            found = self._a_sentence(page.read_text(encoding="utf-8"))
            _replace(page, found, found[:-3] + self._words.phrase(1) + ".")

    def _edit(self, file: Path, *, sentences: int) -> None:
        for _ in range(sentences):
            text = file.read_text(encoding="utf-8")
            _replace(file, self._a_sentence(text), self._words.sentence())

    def _a_sentence(self, text: str) -> str:
        """Return one of the text's own sentences: none of the template's."""
        found = [one for one in re.findall(r"[A-Z][a-z ]{30,}\.", text) if one not in _TEMPLATE]
        chosen: str = self._words.chance.choice(found)
        return chosen

    def _pages(self) -> list[Path]:
        return sorted(self._folder.glob("*/page-*"))

    def _unit(self, unit: int) -> Path:
        return course.unit_folder(self._folder, unit)

    def _film(self, unit: int, out: Path) -> None:
        media.put_film(self._films, _NEW_FILMS + unit, self._scale.film_seconds, out)


_TEMPLATE = course.FOOTER + FOOTER + "This page can be copied and changed freely."
# In this order in the update: the renamed folder last, since others look for its files.
KINDS: dict[str, Callable[[Change], None]] = {
    "template footer": Change.footer,
    "5% of pages": Change.pages,
    "30 captions": Change.captions,
    "archive, 2% of rows": Change.archive,
    "2 films replaced": Change.films_replaced,
    "1 film remuxed": Change.film_remuxed,
    "3 films added": Change.films_added,
    "10 files deleted": Change.files_deleted,
    "folder renamed": Change.folder_renamed,
}

# What a later version brings: with it, nodes that skipped two versions are measured.
LATER = ("5% of pages", "30 captions", "archive, 2% of rows", "10 files deleted")


def update(old: Path, new: Path, version: int, scale: Scale, films: Path, *kinds: str) -> None:
    """Write the version after `old` to `new`, with these kinds of change, or all."""
    _copy(old, new, version)
    change = Change(new, scale, films, version)
    for kind in kinds or KINDS:
        KINDS[kind](change)


def small_update(old: Path, new: Path, version: int, scale: Scale, films: Path) -> None:
    """Write to `new` what `old` is with 20 typos corrected."""
    _copy(old, new, version)
    Change(new, scale, films, version).typos()


def library(course_folder: Path, new: Path, scale: Scale) -> None:
    """Write the library to `new`: every other unit of the course, in a pack of its own."""
    new.mkdir(parents=True)
    course.set_version(new, 1, course.LIBRARY)
    units = [course.unit_folder(Path(), n) for n in range(2, scale.films + 1, 2)]
    for folder in (Path("shared"), *units):
        shutil.copytree(course_folder / folder, new / folder)


def _copy(old: Path, new: Path, version: int) -> None:
    shutil.copytree(old, new)
    course.set_version(new, version)


def _replace(file: Path, old: str, new: str) -> None:
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
