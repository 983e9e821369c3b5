"""A check that a technician asks for: done once, its result kept, and never lost."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from content_packs import durable
from sync_node import asked_check, config
from sync_node.asked_check import AskedCheck, Checked
from sync_node.limits import CHECK_TRIES_MAX, PROGRESS_FILE_BYTES
from sync_node.lock import engine_lock
from sync_node.orders import CHECK_NOW, Orders
from sync_node.progress_file import put_unflushed
from tests.support.nodes import Node, publish
from tests.support.repositories import Repository

NOW = datetime(2026, 9, 1, 6, tzinfo=UTC)


@pytest.fixture
def synced(repository: Repository, node: Node, tmp_path: Path) -> Node:
    repository.offer("main", publish(repository, tmp_path))
    node.sync_well()
    config.write(node.data_dir, node.config)
    return node


def asked(node: Node, lines: list[str] | None = None) -> AskedCheck:
    log = [] if lines is None else lines
    return AskedCheck(node.data_dir, clock=lambda: NOW, log=log.append, sleep=lambda _: None)


def test_nothing_is_checked_unless_somebody_asks(node: Node) -> None:
    assert not asked(node).look()
    assert asked_check.last(node.data_dir) is None


def test_what_was_asked_for_is_done_once_and_its_result_is_kept(synced: Node) -> None:
    orders = Orders(synced.data_dir)
    orders.ask_for_check()
    one = asked(synced)
    assert one.is_asked
    assert not one.look(), "nothing was mended"
    found = asked_check.last(synced.data_dir)
    assert found
    assert (found.state, found.files, found.rotten) == ("clean", len(synced.store()), 0)
    assert not one.is_asked
    assert orders.check_asked_for is None
    assert asked_check.progress(synced.data_dir) is None


def test_rot_is_found_and_said(synced: Node) -> None:
    digest = min(synced.store())
    place = synced.data_dir.store_path(digest)
    place.chmod(0o644)
    place.write_bytes(b"rot" + place.read_bytes()[3:])
    Orders(synced.data_dir).ask_for_check()
    assert asked(synced).look(), "the next tick is to come at once"
    found = asked_check.last(synced.data_dir)
    assert found
    assert (found.state, found.rotten) == ("mended", 1)


def test_what_is_asked_for_meanwhile_waits_for_the_next_look(synced: Node) -> None:
    orders = Orders(synced.data_dir)
    orders.ask_for_check()
    one = AskedCheck(
        synced.data_dir, clock=lambda: NOW, log=lambda _: None,
        sleep=lambda _: orders.ask_for_check(),
    )  # fmt: skip
    one.look()
    assert one.is_asked


def test_while_another_process_is_at_work_the_order_stays(synced: Node) -> None:
    Orders(synced.data_dir).ask_for_check()
    lines: list[str] = []
    with engine_lock(synced.data_dir):
        assert not asked(synced, lines).look()
    assert "at work here already" in lines[0]
    assert asked(synced).is_asked


def test_one_that_is_cut_off_is_begun_anew_but_not_for_ever(synced: Node) -> None:
    orders = Orders(synced.data_dir)
    for tries in range(1, CHECK_TRIES_MAX + 1):
        orders.ask_for_check()
        cut_off = Checked("running", "2026-09-01T06:00:00Z", pid=1, tries=tries)
        asked_check.note(synced.data_dir, cut_off)
        asked(synced).look()
        found = asked_check.last(synced.data_dir)
        assert found
        assert found.state == ("clean" if tries < CHECK_TRIES_MAX else "failed")
    assert orders.check_asked_for is None


def test_an_order_that_cannot_be_removed_is_dealt_with_once(synced: Node) -> None:
    place = synced.data_dir.root / CHECK_NOW
    place.mkdir()  # can't be unlinked, whoever runs this
    one = asked(synced)
    assert one.is_asked
    one.look()
    assert not one.is_asked


def test_how_far_it_is_counts_only_while_its_process_lives(node: Node) -> None:
    place = node.data_dir.root / asked_check.PROGRESS_NAME
    put_unflushed(place, b"[%d, 5, 10]" % os.getpid())
    assert place.stat().st_size == PROGRESS_FILE_BYTES
    assert asked_check.progress(node.data_dir) == (5, 10)
    put_unflushed(place, b"[%d, 5, 10]" % 2**22)  # above any Linux's pid_max by default
    assert asked_check.progress(node.data_dir) is None
    durable.write(place, b"nonsense")
    assert asked_check.progress(node.data_dir) is None
    durable.write(node.data_dir.root / asked_check.NAME, b"[]")
    assert asked_check.last(node.data_dir) is None
