"""What a technician asks of a node that runs is carried out; a start tells of a power cut."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from content_packs import durable
from sync_node import asked_check, power_cuts
from sync_node.orders import Orders
from tests.support import node_process
from tests.support.nodes import Node, process_node, publish
from tests.support.repositories import Repository
from tests.support.repository_server import serving

SECONDS_MAX = 40


@pytest.fixture
def node(repository: Repository, tmp_path: Path) -> Iterator[Node]:
    repository.offer("main", publish(repository, tmp_path))
    with serving(repository.root) as server:
        yield process_node(repository, server.url, tmp_path)


def wait_for(what: Callable[[], object]) -> None:
    until = time.monotonic() + SECONDS_MAX
    while not what():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.05)


@contextmanager
def running(node: Node) -> Iterator[None]:
    """Run the node, and end it as a system does that shuts down."""
    process = node_process.start("run", "--host", "127.0.0.1", "--port", "0", "--data", node.root)
    try:
        wait_for(lambda: power_cuts.read(node.data_dir).boot)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=SECONDS_MAX)


@pytest.mark.long  # test_asked_check.py and test_power_cuts.py have each by itself
def test_orders_are_carried_out_and_a_shutdown_is_no_power_cut(node: Node) -> None:
    orders = Orders(node.data_dir)
    orders.ask_for_check()  # before there is an engine: it isn't lost
    with running(node):
        wait_for(lambda: asked_check.last(node.data_dir) and orders.check_asked_for is None)
        found = asked_check.last(node.data_dir)
        assert found
        assert found.state in {"clean", "mended"}
        wait_for(lambda: node.data_dir.store.is_dir() and any(node.data_dir.stored_digests()))
        orders.ask_for_tick(unbound=False)
        wait_for(lambda: orders.tick_asked_for is None)
    known = power_cuts.read(node.data_dir)
    assert (known.boot, known.cuts) == ("", ())
    assert known.ended
    log = (node.root / "logs" / "engine.log").read_text()
    assert " engine updated: " in log
    assert log.endswith("engine stopped\n")

    mark = msgspec.structs.replace(known, boot="of-another-start", since="2026-09-01T06:00:00Z")
    durable.write(node.root / power_cuts.NAME, msgspec.json.encode(mark))
    with running(node):
        wait_for(lambda: power_cuts.read(node.data_dir).cuts)
        assert power_cuts.read(node.data_dir).cuts[0].kind == "power"
    assert "power was cut after " in (node.root / "logs" / "engine.log").read_text()
    assert "power cuts seen: 1" in node_process.run("status", "--data", node.root).stdout
