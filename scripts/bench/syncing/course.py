"""A made-up course, as a pack folder: version 1, of which the two updates are made.

```
course/
  pack.toml  shared/site.css
  NN-unit-NN/      one per film: film.en.mp4 and its captions, pages, exercises, pictures, a PDF
  99-archive/      an app with one SQLite file
```
Everything comes from seeds: the same bytes in every run, as far as ffmpeg, Pillow and SQLite are
the same.
"""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from scripts.bench.syncing import media
from scripts.bench.syncing.words import Words

PACK, LIBRARY = "course", "library"
LANGUAGES = ("en", "zh", "bo", "ug", "mn", "ko")
FOOTER = (
    "Unit pages of the county course. Ask your teacher when a page is unclear. Edition of spring."
)
ARCHIVE = Path("99-archive", "archive", "archive.sqlite")
_ROW_WORDS = 60
_ROW_BYTES = 699  # about, with its index
_CUE_SECONDS = 4


@dataclass(frozen=True)
class Scale:
    """How much of everything the course has; bytes for the archive, seconds for each film."""

    films: int
    film_seconds: int
    pages: int
    exercises: int
    pictures: int
    documents: int
    archive_bytes: int


FULL = Scale(40, 78, 1_500, 440, 300, 20, 60_000_000)
QUICK = Scale(40, 6, 160, 80, 40, 5, 5_000_000)

_PACK = """\
id = "{pack}"
version = {version}
languages = ["en", "zh", "bo", "ug", "mn", "ko"]
title = {{ en = "A course" }}
summary = {{ en = "Made to be measured" }}
licence = "CC0-1.0"
publisher = {{ id = "bench", title = {{ en = "Bench" }} }}
stage = "primary"
grade = "4"
subject = "mathematics"
"""
_HTML = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="../shared/site.css">
</head>
<body class="unit-page">
<header class="banner">
<p class="course">A course for schools</p>
<p class="unit">Unit {unit}</p>
</header>
<nav aria-label="Unit">
<ol>
<li>Read the page</li>
<li>Look at the picture</li>
<li>Try the exercise</li>
</ol>
</nav>
<main>
<h1>{title}</h1>
{picture}{body}
</main>
<footer><p>{footer}</p><p class="licence">This page can be copied and changed freely.</p></footer>
</body>
</html>
"""
_QUIZ = """\
title = "{title}"

[[question]]
kind = "choice"
prompt = "{first}"
hint = "{hint}"
options = [
  {{ text = "{right}", correct = true }},
  {{ text = "{wrong}", feedback = "{feedback}" }},
]

[[question]]
kind = "numeric"
prompt = "{second}"
answer = {answer}
"""


def unit_folder(folder: Path, unit: int) -> Path:
    """Return where a unit's lesson is, in version 1."""
    return folder / f"{unit:02}-unit-{unit:02}"


def set_version(folder: Path, version: int, pack: str = PACK) -> None:
    """Write `pack.toml` for a version."""
    text = _PACK.format(pack=pack, version=version)
    (folder / "pack.toml").write_text(text, encoding="utf-8")


def make(folder: Path, scale: Scale, films: Path) -> None:
    """Write version 1 into `folder`; films come from the folder `films`, made where absent."""
    (folder / "shared").mkdir(parents=True)
    css = Words(1)
    rules = (
        f".{css.phrase(1)} {{ margin: {n % 9}px; color: #{n * 977 % 4096:03x} }}"
        for n in range(200)
    )
    (folder / "shared" / "site.css").write_text("\n".join(rules), encoding="utf-8")
    set_version(folder, 1)
    for unit in range(1, scale.films + 1):
        lesson = unit_folder(folder, unit)
        _write_lesson(lesson, f"Unit {unit}")
        media.put_film(films, unit, scale.film_seconds, lesson / "film.en.mp4")
        write_captions(lesson, "film", scale.film_seconds, seed=unit)
        for number in _share(scale.pictures, unit, scale.films):
            media.write_picture(lesson / f"picture-{number:03}", number)
        for number in _share(scale.pages, unit, scale.films):
            _write_page(lesson, unit, number)
        for number in _share(scale.exercises, unit, scale.films):
            _write_exercise(lesson, number)
        for number in _share(scale.documents, unit, scale.films):
            media.write_document(lesson / f"sheet-{number:02}.en.pdf", number)
    _write_archive(folder / ARCHIVE, scale.archive_bytes)


def _share(count: int, unit: int, units: int) -> range:
    """Return the numbers that fall to a unit when `count` things are shared among all."""
    return range(count * (unit - 1) // units, count * unit // units)


def _write_lesson(lesson: Path, title: str) -> None:
    lesson.mkdir()
    (lesson / "lesson.toml").write_text(f'title = {{ en = "{title}" }}\n', encoding="utf-8")


def write_captions(lesson: Path, stem: str, seconds: int, *, seed: int) -> None:
    """Write a film's captions, in every language."""
    for number, language in enumerate(LANGUAGES):
        words = Words(20_000 + seed * len(LANGUAGES) + number)
        cues = [
            f"{_clock(at)} --> {_clock(min(at + _CUE_SECONDS, seconds))}\n{words.sentence()}\n"
            for at in range(0, seconds, _CUE_SECONDS)
        ]
        text = "WEBVTT\n\n" + "\n".join(cues)
        (lesson / f"{stem}.{language}.vtt").write_text(text, encoding="utf-8")


def _clock(seconds: int) -> str:
    return f"00:{seconds // 60:02}:{seconds % 60:02}.000"


def _write_page(lesson: Path, unit: int, number: int) -> None:
    """Write a page: two of three as a whole HTML document, the third as Markdown."""
    words = Words(30_000 + number)
    title = words.phrase(3).capitalize()
    paragraphs = [words.paragraph(words.chance.randint(3, 8)) for _ in range(8)]
    pictures = sorted(path.name for path in lesson.glob("picture-*"))
    shown = pictures[number % len(pictures)] if pictures else ""
    if number % 3 == 2:
        picture = [f"![A drawing]({shown})"] if shown else []
        text = "\n\n".join([f"# {title}", *picture, *paragraphs, FOOTER]) + "\n"
        (lesson / f"page-{number:04}.en.md").write_text(text, encoding="utf-8")
        return
    picture_html = f'<img src="{shown}" alt="A drawing">\n' if shown else ""
    body = "\n".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    text = _HTML.format(title=title, unit=unit, picture=picture_html, body=body, footer=FOOTER)
    (lesson / f"page-{number:04}.en.html").write_text(text, encoding="utf-8")


def _write_exercise(lesson: Path, number: int) -> None:
    words = Words(40_000 + number)
    names = ("first", "hint", "right", "wrong", "feedback", "second")
    texts = {name: words.sentence() for name in names}
    quiz = _QUIZ.format(title=words.phrase(3), answer=words.chance.randint(2, 99), **texts)
    (lesson / f"exercise-{number:03}.en.quiz.toml").write_text(quiz, encoding="utf-8")


def _write_archive(path: Path, size: int) -> None:
    _write_lesson(path.parents[1], "Archive")
    path.parent.mkdir()
    title = "<!doctype html><title>Archive</title><h1>Archive</h1>"
    (path.parent / "index.html").write_text(title, encoding="utf-8")
    words = Words(50_000)
    with sqlite3.connect(path) as archive:
        archive.execute("create table entry (id integer primary key, head text, body text)")
        archive.executemany(
            "insert into entry (head, body) values (?, ?)",
            ((words.phrase(3), words.phrase(_ROW_WORDS)) for _ in range(size // _ROW_BYTES)),
        )
        archive.execute("create index entry_head on entry (head)")
    archive.close()
