"""A small pack folder without a fault, and small ways to break it."""

from pathlib import Path

from tests.support import media

PACK_TOML = """\
id = "demo"
version = 1
languages = ["en", "zh"]
title = { en = "Demo", zh = "示例" }
summary = { en = "A pack for tests.", zh = "测试用包。" }
licence = "CC-BY-4.0"
stage = "primary"
grade = "4"
subject = "mathematics"
edition = "pep"
volume = "first"
authors = ["A. Teacher"]
cover = "cover.png"

[publisher]
id = "satchel"
title = { en = "Satchel", zh = "书包" }
"""

LESSON_TOML = """\
title = { en = "Halves", zh = "一半" }
objectives = [{ en = "Name one half.", zh = "认识二分之一。" }]
minutes = 20

[[items]]
id = "intro"

[[items]]
id = "halves"
title = { en = "Watch", zh = "看一看" }

[[items]]
id = "worksheet"
title = { en = "Worksheet", zh = "练习纸" }

[[items]]
id = "slicer"
title = { en = "Slice a pizza", zh = "切披萨" }

[[items]]
id = "more"

[[items]]
id = "practice"
"""

CAPTIONS = "WEBVTT\n\n00:00.100 --> 00:00.900\nHalf of a pizza.\n"
APP = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Slicer</title>
<link rel="stylesheet" href="style.css"></head>
<body><script src="slice.js"></script></body></html>
"""
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>More halves</title>
<link rel="stylesheet" href="../shared/style.css"></head>
<body><p>More. <img src="pictures/披萨.png" alt="A pizza"></p></body></html>
"""

QUIZ = """\
title = "Practise"

[[question]]
kind = "choice"
prompt = "What is each of 2 equal parts?"
picture = "pictures/披萨.png"
picture_alt = "A pizza"
options = [ { text = "one half", correct = true }, { text = "one quarter" } ]
"""
GIFT = """\
::one:: What is each of 2 equal parts? { =one half ~one quarter }
"""

Files = dict[str, str | bytes]


def sound_files() -> Files:
    """Return the files of a folder that uses most of FORMAT.md's section 2, by their paths."""
    lesson = "01-halves"
    return {
        "pack.toml": PACK_TOML,
        "cover.png": media.picture(),
        "README.md": "How this pack is made: not part of it.",
        "shared/style.css": "body { background: url(paper.png) }",
        "shared/paper.png": media.picture(width=4),
        f"{lesson}/lesson.toml": LESSON_TOML,
        f"{lesson}/intro.en.md": "# One half\n\n![A pizza](pictures/披萨.png)\n\n"
        "See [the sheet](worksheet.pdf) and [more](more.html).\n",
        f"{lesson}/intro.zh.md": "# 二分之一\n\n![披萨](pictures/披萨.png)\n",
        f"{lesson}/pictures/披萨.png": media.picture(width=16),
        f"{lesson}/halves.240p.mp4": media.mp4(),
        f"{lesson}/halves.en.vtt": CAPTIONS,
        f"{lesson}/halves.zh.vtt": CAPTIONS,
        f"{lesson}/worksheet.pdf": media.pdf(),
        f"{lesson}/slicer/index.html": APP,
        f"{lesson}/slicer/style.css": "body { margin: 0 }",
        f"{lesson}/slicer/slice.js": "document.title = 'ready';",
        f"{lesson}/more.html": PAGE,
        f"{lesson}/practice.en.quiz.toml": QUIZ,
        f"{lesson}/practice.zh.gift": GIFT,
        f"{lesson}/_drafts/later.md": "not part of it",
    }


def write_folder(root: Path, files: Files) -> Path:
    """Write files by their paths below `root`, and return it."""
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def sound_folder(root: Path) -> Path:
    """Write a folder without a fault."""
    return write_folder(root, sound_files())
