"""What the sync bench's figures rest on: its optimum, its counting link, its course."""

import random
import re
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from scripts.bench.syncing import chart, kept, markdown, optimum, report, trees
from scripts.bench.syncing.bringing import CASES
from scripts.bench.syncing.ours import put
from scripts.bench.syncing.report import Case, Found, Readiness, Row
from scripts.bench.syncing.trees import Tree
from scripts.bench.syncing.using import Failed, run
from scripts.bench.syncing.web import Web
from scripts.bench.syncing.wire import Link
from scripts.bench.syncing.words import Words
from tests.support.source_code import CHECKOUT

MANY_WORDS = 2_000


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    folder = tmp_path / "old"
    folder.mkdir()
    (folder / "film.mp4").write_bytes(random.Random(1).randbytes(100_000))
    for number in range(5):
        page = folder / f"page-{number}.html"
        page.write_text(Words(number).phrase(MANY_WORDS) + "old footer", encoding="utf-8")
    return trees.look(folder)


def changed(tree: Tree) -> Tree:
    """Return the tree with a film renamed and another footer in every page."""
    new = tree.folder.with_name("new")
    new.mkdir()
    for path in tree.digests:
        data = tree.read(path).replace(b"old footer", b"another footer")
        (new / path.replace("film", "renamed")).write_bytes(data)
    return trees.look(new)


def test_the_optimum_of_a_first_sync_takes_films_as_they_are_and_text_compressed(
    tree: Tree,
) -> None:
    least = optimum.of(tree, None)
    assert least.kinds["films"] == 100_000
    text = sum(tree.size_of(path) for path in tree.digests if path.endswith(".html"))
    assert 0 < least.kinds["text"] < text / 2


def test_a_renamed_film_costs_nothing_and_a_footer_some_bytes(tree: Tree) -> None:
    least = optimum.of(changed(tree), tree)
    assert set(least.kinds) == {"text"}
    assert least.total < 200


def test_an_archive_costs_its_new_pages(tmp_path: Path) -> None:
    chance = random.Random(2)
    old, new = tmp_path / "old", tmp_path / "new"
    data = bytearray(chance.randbytes(1_000_000))
    for folder in (old, new):
        folder.mkdir()
        (folder / "rows.sqlite").write_bytes(data)
        data[500_000:500_400] = chance.randbytes(400)
    least = optimum.of(trees.look(new), trees.look(old))
    assert 400 <= least.total < 600


def test_a_tree_that_differs_in_one_byte_is_told(tree: Tree) -> None:
    trees.expect(tree, tree.folder)
    (tree.folder / "page-1.html").write_text("other", encoding="utf-8")
    with pytest.raises(Failed, match=r"page-1\.html"):
        trees.expect(tree, tree.folder)


@pytest.fixture
def link(tmp_path: Path) -> Iterator[Link]:
    (tmp_path / "file").write_bytes(bytes(range(256)) * 100)
    web = Web(tmp_path)
    link = Link(web.port, 0.02)
    yield link
    link.close()
    web.close()


def get(link: Link, **headers: str) -> bytes:
    request = urllib.request.Request(f"{link.address}file", headers=headers)
    with urllib.request.urlopen(request) as answer:
        body: bytes = answer.read()
    return body


def test_bytes_and_requests_are_counted(link: Link) -> None:
    for _ in range(3):
        assert len(get(link)) == 25_600
    crossed = link.crossed()
    assert crossed.requests == crossed.connections == 3
    assert 3 * 25_600 < crossed.down < 3 * 26_000


def test_ranges_are_what_was_asked_for(link: Link) -> None:
    assert get(link, Range="bytes=256-259") == bytes(range(4))
    several = get(link, Range="bytes=0-3,10-11")
    assert bytes(range(4)) in several
    assert b"Content-Range: bytes 10-11/25600\r\n\r\n\x0a\x0b\r\n--" in several


def test_what_a_program_took_is_what_it_took() -> None:
    used = run("python3", "-c", "held = bytearray(60_000_000); sum(range(3_000_000))")
    assert used.peak_bytes > 60_000_000
    assert 0.02 < used.cpu_seconds < 5
    with pytest.raises(Failed, match="ended with 3"):
        run("sh", "-c", "exit 3")


def test_a_slow_link_takes_its_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(100_000))
    web = Web(tmp_path)
    link = Link(web.port, 0.0, bytes_per_second=500_000)
    before = time.monotonic()
    assert len(get(link)) == 100_000
    assert time.monotonic() - before > 0.15
    link.close()
    web.close()


def test_a_program_that_writes_is_told_by_its_bytes() -> None:
    # On a disk: what is written to a file system in memory isn't counted.
    cache = CHECKOUT / ".cache"
    cache.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        used = run("dd", "if=/dev/zero", "bs=1000000", "count=3", f"of={folder}/out")
    assert 3_000_000 <= used.written_bytes < 4_000_000


def test_an_author_touches_only_what_changes(tmp_path: Path) -> None:
    new, folder = tmp_path / "new", tmp_path / "folder"
    for name, text in (("a/same", "1"), ("a/other", "2"), ("b/gone", "3")):
        for root in (new, folder):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")
    (new / "b" / "gone").rename(new / "added")
    (new / "b").rmdir()
    (new / "a" / "other").write_text("4", encoding="utf-8")
    before = (folder / "a" / "same").stat().st_mtime_ns
    put(new, folder)
    assert trees.look(folder).digests == trees.look(new).digests
    assert (folder / "a" / "same").stat().st_mtime_ns == before
    assert not (folder / "b").exists()


def test_what_is_kept_is_found_until_what_it_depends_on_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "FOLDER", tmp_path / "kept")
    made = kept.folder("course", kept.key(1, Words), lambda out: out.mkdir())
    assert made.is_dir()
    assert kept.folder("course", kept.key(1, Words), lambda _: pytest.fail("made twice")) == made
    assert kept.key(2, Words) != kept.key(1, Words) != kept.key(1, Tree)
    kept.remember("rows", kept.key(1), [{"down": 5}])
    assert kept.remembered("rows", kept.key(1)) == [{"down": 5}]
    assert kept.remembered("rows", kept.key(2)) is None


@pytest.fixture
def found() -> Found:
    cases = [
        Case(name, 1_000_000, 5, 900_000, 800_000, {"text": 100_000}, [row(name), row(name, "git")])
        for name in CASES.values()
    ]
    ready = Readiness(4, 1_000_000, [(0, 0), (30_000, 1), (500_000, 3), (1_000_000, 4)])
    return Found("quick", cases, "50 Mbit/s", [cases[0]], [], ready, {"16 Mbit/s": 0.0254})


def row(case: str, name: str = "Satchel") -> Row:
    waits = ["a connection", "/timestamp"]
    return Row(case, name, down=100_500, round_trips=2, publisher_cpu_seconds=2.0, waits=waits)


def test_figures_read_again_make_the_same_tables(found: Found) -> None:
    again = Found.from_json(found.to_json())
    assert again == found
    assert report.tables(again) == report.tables(found)
    assert "over 16 Mbit/s: after 2.54%" in report.tables(found)


def test_the_readme_has_a_line_for_each_who_was_compared(found: Found) -> None:
    shown = markdown.section(found).splitlines()
    columns = {line.count("|") for line in shown[: shown.index("")]}
    assert len(columns) == 1
    (ours,) = (line for line in shown if line.startswith("| Satchel | "))
    assert ours.startswith("| Satchel | 100.5 kB (1.005x) | 100.5 kB (1.005x) |")
    assert any(line.startswith("| git |") for line in shown)


def test_the_chart_rises_at_each_lesson(found: Found) -> None:
    assert found.readiness
    drawn = chart.svg(found.readiness)
    root = ET.fromstring(drawn)  # noqa: S314 - our own chart
    assert root.get("viewBox")
    ours = next(path.get("d", "") for path in root.iter() if path.get("class") == "ours")
    rises = re.findall(r"V(\d+\.\d)", ours)
    assert len(set(rises)) == 4
    assert rises == sorted(rises, key=float, reverse=True)
    assert "after 3.0% of" in drawn
    assert "prefers-color-scheme: dark" in drawn
