"""Pack folders made from material that nobody here wrote: the manuals that Debian packages carry.

The packages are fetched with apt when a test asks for them, unpacked into `.cache/` and kept
there. A manual's pages become page items, its PDFs documents; all else lies in `shared/`. Names are
made to fit, and links follow; links that the manual left dangling, and fonts that it would fetch
from the internet, are taken out.
"""

import os
import posixpath
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from tests.support.source_code import CHECKOUT

CACHE = CHECKOUT / ".cache" / "material"
PAGES_IN_LESSON = 250

# Package → the folder in it that holds the manual.
MANUALS = {
    "sqlite3-doc": "usr/share/doc/sqlite3",
    "python3.11-doc": "usr/share/doc/python3.11/html",
    "octave-doc": "usr/share/doc/octave",
    "r-doc-pdf": "usr/share",
}
_PAGES = {".html", ".htm"}
_DOCUMENTS = {".pdf"}
_CARRIED = {".png", ".gif", ".jpg", ".jpeg", ".svg", ".css", ".js", ".txt", ".ico", ".woff2"}
_LINK = re.compile(
    r"""(?P<before>\b(?:href|src|poster|background)\s*=\s*)(?:"(?P<a>[^"]*)"|'(?P<b>[^']*)')"""
    r"""|(?P<plain>\b(?:href|src)\s*=\s*)(?P<c>[^\s"'>]+)"""
    r"""|(?P<css>url\()\s*["']?(?P<d>[^"')]*)["']?\s*\)""",
    re.IGNORECASE,
)
_OWN_PLACE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#|\?", re.IGNORECASE)


def fetch(package: str) -> Path:
    """Return the folder of a package's manual, fetched and unpacked once."""
    folder = CACHE / package
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        if not _download(package) and os.geteuid() == 0:
            subprocess.run(["apt-get", "-q", "update"], check=True, capture_output=True)
            _download(package)
        (archive,) = CACHE.glob(f"{package}_*.deb")
        new = CACHE / f"{package}.new-{os.getpid()}"
        subprocess.run(["dpkg-deb", "-x", str(archive), str(new)], check=True)
        new.rename(folder)
        archive.unlink()
    return folder / MANUALS[package]


def _download(package: str) -> bool:
    command = ["apt-get", "-q", "download", package]
    return subprocess.run(command, cwd=CACHE, check=False, capture_output=True).returncode == 0


@dataclass
class _Moves:
    """Where each file of the manuals goes."""

    to: dict[Path, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def move(self, file: Path, folder: str, *, ending: str) -> None:
        stem = re.sub(r"[^a-z0-9]+", "-", file.stem.lower()).strip("-")[:50].strip("-") or "x"
        name, number = stem, 1
        while f"{folder}/{name}" in self.taken:
            number += 1
            name = f"{stem}-{number}"
        self.taken.add(f"{folder}/{name}")
        self.to[file] = f"{folder}/{name}{ending}"


def make_pack_folder(folder: Path, *packages: str, pack: str = "manuals") -> list[Path]:
    """Write a pack folder made of these packages' manuals; return the files it was made from."""
    moves = _Moves()
    lessons: dict[str, str] = {}
    for package in packages:
        _place(fetch(package), package, moves, lessons)
    for source, place in moves.to.items():
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix.lower() in {*_PAGES, ".css"}:
            text = source.read_text(encoding="utf-8", errors="replace")
            target.write_text(_relinked(text, source, moves), encoding="utf-8")
        else:
            shutil.copyfile(source, target)
    for lesson, title in lessons.items():
        (folder / lesson / "lesson.toml").write_text(f'title = {{ en = "{title}" }}\n')
    (folder / "pack.toml").write_text(_pack_toml(pack))
    return list(moves.to)


def _place(manual: Path, package: str, moves: _Moves, lessons: dict[str, str]) -> None:
    word = re.sub(r"[^a-z0-9]+", "-", package)
    pages = 0
    for file in sorted(path for path in manual.rglob("*") if path.is_file()):
        ending = file.suffix.lower()
        if ending in _PAGES | _DOCUMENTS and file.stat().st_size:
            part = 1 + pages // PAGES_IN_LESSON
            lesson = f"{len(lessons) + 1:02}-{word}-{part}"
            if pages % PAGES_IN_LESSON == 0:
                lessons[lesson] = f"{package}, part {part}"
            else:
                lesson = list(lessons)[-1]
            pages += 1
            moves.move(file, lesson, ending=".pdf" if ending == ".pdf" else ".html")
        elif ending in _CARRIED:
            moves.move(file, f"shared/{word}", ending=ending)


def _relinked(text: str, source: Path, moves: _Moves) -> str:
    """Return a page or style sheet with its links leading where their files went."""
    here = posixpath.dirname(moves.to[source])
    known: dict[str, str] = {}  # a manual repeats the same links on every page

    def new_link(link: str) -> str:
        path, mark, rest = link.strip().partition("#")
        aimed = Path(os.path.normpath(source.parent / unquote(path.partition("?")[0])))
        place = moves.to.get(aimed)
        return posixpath.relpath(place, here) + mark + rest if place else "#"

    def follow(match: re.Match[str]) -> str:
        link = match["a"] or match["b"] or match["c"] or match["d"] or ""
        if link not in known:
            kept = not link or _OWN_PLACE.match(link.strip())
            known[link] = link if kept else new_link(link)
        if match["css"]:  # a school has no internet to fetch fonts from
            return "url(data:,)" if "//" in link else f"url({known[link]})"
        return f'{match["before"] or match["plain"]}"{known[link]}"'

    return _LINK.sub(follow, text)


def _pack_toml(pack: str) -> str:
    return f"""\
id = "{pack}"
version = 1
languages = ["en"]
title = {{ en = "Manuals" }}
summary = {{ en = "Manuals that Debian packages carry" }}
licence = "https://www.debian.org/legal/licenses/"
publisher = {{ id = "tests", title = {{ en = "Tests" }} }}
stage = "senior"
grade = "10"
subject = "information-technology"
"""
