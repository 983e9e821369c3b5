"""What the sync bench's figures rest on: its optimum, its counting link, its course."""

import random
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.bench.syncing import optimum, trees
from scripts.bench.syncing.trees import Tree
from scripts.bench.syncing.using import Failed, run
from scripts.bench.syncing.web import Web
from scripts.bench.syncing.wire import Link
from scripts.bench.syncing.words import Words

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


def test_requests_in_turn_each_wait_for_a_round_trip(link: Link) -> None:
    for _ in range(3):
        assert len(get(link)) == 25_600
    crossed = link.crossed()
    assert crossed.requests == crossed.connections == 3
    assert crossed.round_trips == 6  # a connection and an answer each
    assert 3 * 25_600 < crossed.down < 3 * 26_000


def test_requests_together_wait_once(link: Link) -> None:
    threads = [threading.Thread(target=get, args=(link,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert link.crossed().requests == 4
    assert link.crossed().round_trips <= 4


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
