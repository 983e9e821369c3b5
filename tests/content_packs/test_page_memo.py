"""What a builder remembers of pages changes nothing but the work: all is as without it."""

import os
from pathlib import Path

import pytest

from content_packs.faults import Fault
from content_packs.page_memo import MAGIC, SUFFIX, PageMemo
from content_packs.source import PackFolder, read_folder
from tests.support.folders import PACK_TOML, Files, sound_files, write_folder

PAGES = 5  # of the folder below: each a page, a document or an exercise
_EXERCISE = """title = "Halves"
[[question]]
kind = "text-entry"
prompt = "One half and one half?"
picture = "half.png"
picture_alt = "A half"
answers = ["one"]
"""
_FILES: Files = {
    "pack.toml": PACK_TOML.replace('cover = "cover.png"\n', ""),
    "01-one/lesson.toml": 'title = { en = "One", zh = "一" }\n',
    "01-one/intro.en.md": "# Hello\n\n![A half](half.png) and [more](../02-two/more.en.md) $x^2$\n",
    "01-one/intro.zh.md": "# 你好\n\n[a](javascript:alert)\n",
    "01-one/sheet.html": "<title>Sheet</title><img src=half.png>",
    "01-one/practice.quiz.toml": _EXERCISE,
    "01-one/half.png": b"not looked into here",
    "02-two/lesson.toml": 'title = { en = "Two", zh = "二" }\n',
    "02-two/more.en.md": "# More\n",
}


def read(folder: Path, memo: PageMemo | None = None) -> PackFolder:
    found = read_folder(folder, memo=memo)
    if memo:
        memo.end()
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "pack", {**_FILES, "01-one/intro.zh.md": "# 你好\n"})


@pytest.fixture
def memos(tmp_path: Path, folder: Path) -> Path:
    """The memos after one build."""
    memo = PageMemo(tmp_path / "memos")
    assert read(folder, memo) == read(folder)
    assert memo.reused == 0
    return tmp_path / "memos"


def memo_file(memos: Path) -> Path:
    (found,) = memos.iterdir()
    assert found.name == f"demo{SUFFIX}"
    return found


def reused_and_right(folder: Path, memo: PageMemo) -> int:
    """Read a folder with a memo and without: that must be the same. Return what was reused."""
    assert read(folder, memo) == read(folder)
    return memo.reused


def test_nothing_changed_nothing_is_read_again(folder: Path, memos: Path) -> None:
    assert reused_and_right(folder, PageMemo(memos)) == PAGES


@pytest.mark.parametrize(
    "path", ["01-one/intro.en.md", "01-one/sheet.html", "01-one/practice.quiz.toml"]
)
def test_a_page_that_changed_is_read_again(folder: Path, memos: Path, path: str) -> None:
    text = (folder / path).read_text(encoding="utf-8")
    (folder / path).write_text(text.replace("H", "W"), encoding="utf-8")
    before = read(folder)
    (folder / path).write_text(text.replace("hal", "HAL"), encoding="utf-8")
    assert read(folder) != before
    assert reused_and_right(folder, PageMemo(memos)) == PAGES - 1
    assert reused_and_right(folder, PageMemo(memos)) == PAGES


def test_a_change_that_keeps_time_and_size_is_seen(folder: Path, memos: Path) -> None:
    page = folder / "02-two" / "more.en.md"
    status = page.stat()
    page.write_text("# Mare\n", encoding="utf-8")
    os.utime(page, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert reused_and_right(folder, PageMemo(memos)) == PAGES - 1
    assert read(folder, PageMemo(memos)).files[-1].content == b"<h1>Mare</h1>\n"


def test_what_is_linked_to_may_move(folder: Path, memos: Path) -> None:
    (folder / "02-two").rename(folder / "02-second")
    assert reused_and_right(folder, PageMemo(memos)) < PAGES
    page = folder / "01-one" / "intro.en.md"
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace("../02-two/", "../02-second/"), encoding="utf-8")
    found = read(folder, PageMemo(memos))
    assert found.description is not None
    assert found == read(folder)


def test_what_is_linked_to_may_go(folder: Path, memos: Path) -> None:
    (folder / "01-one" / "half.png").unlink()
    found = read(folder, PageMemo(memos))
    assert found == read(folder)
    assert len([fault for fault in found.faults if "half.png" in fault.message]) == 3


def test_faults_are_told_each_time(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "pack", _FILES)
    for reused in (0, PAGES):
        memo = PageMemo(tmp_path / "memos")
        faults: tuple[Fault, ...] = read(folder, memo).faults
        assert memo.reused == reused
        assert any("javascript" in fault.message and fault.line == 3 for fault in faults)
        assert any("without words" in fault.message for fault in faults)


def test_other_code_takes_nothing_of_it(folder: Path, memos: Path) -> None:
    assert reused_and_right(folder, PageMemo(memos, made_by="another version")) == 0
    assert reused_and_right(folder, PageMemo(memos, made_by="another version")) == PAGES
    assert reused_and_right(folder, PageMemo(memos)) == 0


def test_a_broken_memo_is_none(folder: Path, memos: Path) -> None:
    place = memo_file(memos)
    whole = place.read_bytes()
    flipped = bytearray(whole)
    flipped[whole.index(b"Hello")] ^= 1
    for broken in (b"", MAGIC, whole[:-1], whole + b"\0", bytes(flipped), b"x" + whole[1:]):
        place.write_bytes(broken)
        assert reused_and_right(folder, PageMemo(memos)) == 0
        assert place.read_bytes() == whole


def test_a_memo_that_cant_be_read_or_written_holds_nothing_up(folder: Path, memos: Path) -> None:
    place = memo_file(memos)
    place.unlink()
    place.mkdir()
    assert reused_and_right(folder, PageMemo(memos)) == 0


def test_only_the_last_builds_pages_are_remembered(folder: Path, memos: Path) -> None:
    size = memo_file(memos).stat().st_size
    for number in range(20):
        (folder / "02-two" / "more.en.md").write_text(f"# More {number:02}\n", encoding="utf-8")
        read(folder, PageMemo(memos))
    assert memo_file(memos).stat().st_size < size + 100


def test_the_sound_folder_is_the_same_with_a_memo(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "pack", sound_files())
    for _ in range(2):
        assert read(folder, PageMemo(tmp_path / "memos")) == read(folder)
