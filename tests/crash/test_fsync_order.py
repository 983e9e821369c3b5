"""Each operation makes things durable in the order in which they rest on each other.

What a power cut may undo can't be tried in full on one file system: ext4, for one, makes a rename
durable with the next fsync of anything. So the order itself is proved, from strace's record of the
real programs. The controls take single flushes away, from a record and from the programs.
"""

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.crash.editions import make_editions
from tests.support import node_process
from tests.support.fsync_order import Order
from tests.support.system_calls import FLUSHES, Call, traced
from tests.support.variants import (
    DATABASE_LATE,
    DATABASE_NEVER,
    FILES_NEVER,
    FOLDERS_NEVER,
    Variant,
)

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")


@dataclass
class Traced:
    """A node or a hub in `root`, whose programs are traced; `shown` is what a node's folder has."""

    root: Path
    log: Path
    editions: Path
    environment: Mapping[str, str]

    def show(self, edition: int) -> None:
        """Let the node's source be an edition from now on."""
        shown = self.root.with_name("shown")
        shown.unlink(missing_ok=True)
        shown.symlink_to(self.editions / str(edition))

    def calls(self, program: str, *arguments: str | Path) -> list[Call]:
        command = [sys.executable, "-m", f"{program}.cli", *map(str, arguments)]
        command += ["--data", str(self.root)]
        return traced(command, self.log, environment=self.environment, cwd=self.log.parent)

    def node(self, *arguments: str | Path) -> Order:
        return Order(self.root).follow(self.calls("sync_node", *arguments))

    def hub(self, *arguments: str | Path) -> Order:
        return Order(self.root).follow(self.calls("hub", *arguments))

    def init(self) -> Order:
        self.show(1)
        trust = self.editions / "1" / "metadata" / "1.root.json"
        return self.node("init", "--folder", self.root.with_name("shown"), "--trust", trust)


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_editions(tmp_path_factory.mktemp("editions"))


def traced_in(folder: Path, editions: Path, further: Mapping[str, str] | None = None) -> Traced:
    environment = {**node_process.environment(), **(further or {})}
    return Traced(folder.resolve() / "data", folder / "log", editions, environment)


def expect(order: Order, *, named: int, transactions: int) -> None:
    """Nothing is wrong, and the record isn't of something else."""
    assert order.faults == []
    assert order.named >= named
    assert order.transactions >= transactions
    assert order.acknowledged


def test_everything_that_a_node_does(tmp_path: Path, editions: Path) -> None:
    node = traced_in(tmp_path, editions)
    expect(node.init(), named=2, transactions=1)
    expect(node.node("sync"), named=15, transactions=5)
    node.show(2)
    expect(node.node("sync"), named=10, transactions=5)
    expect(node.node("rollback", "demo"), named=0, transactions=1)
    expect(node.node("pin", "demo", "one"), named=1, transactions=0)
    expect(node.node("unpin", "demo"), named=1, transactions=0)
    expect(node.node("pause"), named=1, transactions=0)
    expect(node.node("resume"), named=0, transactions=0)
    expect(node.node("check"), named=0, transactions=0)
    node.show(3)
    expect(node.node("sync"), named=6, transactions=5)


def test_everything_that_a_hub_does(tmp_path: Path, editions: Path) -> None:
    hub = traced_in(tmp_path, editions)
    expect(hub.hub("init"), named=10, transactions=1)
    expect(hub.hub("publish", editions / "demo-1.cpack"), named=3, transactions=1)
    on_main = ("--channel", "main")
    expect(hub.hub("release", "demo", "--version", "1", *on_main), named=3, transactions=0)
    expect(
        hub.hub("publish", editions / "demo-2.cpack", "--release", "main"), named=6, transactions=1
    )
    expect(hub.hub("withdraw", "demo", "--version", "2", *on_main), named=3, transactions=0)


@pytest.mark.long
def test_control_a_flush_that_is_missing_in_a_record_is_seen(
    tmp_path: Path, editions: Path
) -> None:
    node = traced_in(tmp_path, editions)
    node.init()
    calls = node.calls("sync_node", "sync")
    store, incoming = f"{node.root}/store/", f"{node.root}/incoming/"
    needed = [
        number
        for number, call in enumerate(calls)
        if call.name in FLUSHES
        and f"{call.paths[0]}/".startswith((store, incoming))
        # store/ and incoming/ themselves are flushed more often than the rules ask for
        and f"{call.paths[0]}/" not in {store, incoming}
    ]
    assert len(needed) > 20
    for number in needed:
        doctored = Order(node.root).follow(calls[:number] + calls[number + 1 :])
        assert doctored.faults, f"{calls[number]} can be left out"
        assert calls[number].paths[0].rsplit("/", 1)[-1][:64] in doctored.faults[0]


@pytest.mark.long
@pytest.mark.parametrize(
    ("variant", "says"),
    [
        (FILES_NEVER, "before it is flushed"),
        (FOLDERS_NEVER, "isn't flushed when a transaction is written"),
        (DATABASE_LATE, "node.db-wal: isn't flushed when"),
        (DATABASE_NEVER, "node.db: isn't flushed when its log is removed"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_control_a_program_that_leaves_a_flush_out_is_seen(
    tmp_path: Path, editions: Path, variant: Variant, says: str
) -> None:
    folder = variant.make(tmp_path / "variant")
    node = traced_in(tmp_path, editions, variant.environment(folder))
    faults = node.init().faults + node.node("sync").faults
    assert says in "\n".join(faults), variant.name
