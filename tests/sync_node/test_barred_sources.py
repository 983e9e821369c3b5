"""A link that may not be used now isn't asked, and what another link may carry comes over that."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from content_packs.errors import SourceUnavailable
from sync_node.errors import NotNow
from sync_node.plan_model import KINDS, Kind
from sync_node.sources import Sources
from tests.support.nodes import LiveFolder, Node, publish
from tests.support.repositories import Repository

LATER = datetime(2026, 6, 1, 22, tzinfo=UTC)


@dataclass
class Gate:
    """A gate that a test opens and closes."""

    kinds: frozenset[Kind] = frozenset(KINDS)
    metadata: bool = True
    left: int | None = None
    carried: list[frozenset[Kind]] = field(default_factory=list)

    def refusal(self, kinds: frozenset[Kind]) -> NotNow | None:
        allowed = kinds <= self.kinds if kinds else self.metadata
        return None if allowed else NotNow("not now", reason="window", until=LATER)

    def carry(self, kinds: frozenset[Kind]) -> None:
        self.carried.append(kinds)

    def bytes_left(self) -> int | None:
        return self.left

    def budget_refusal(self) -> NotNow:
        return NotNow("no budget", reason="budget", until=LATER)

    def spend(self, down: int, up: int) -> None:
        """Nothing: folders aren't metered."""


def gated(folder: Path, gate: Gate) -> Sources:
    source = LiveFolder(folder)
    return Sources([source], {source.name: gate})


def test_a_barred_source_is_not_asked_and_says_why(tmp_path: Path) -> None:
    sources = gated(tmp_path, Gate(frozenset({"text"}), metadata=False))
    assert list(sources.for_offers()) == []
    assert sources.all_out
    assert isinstance(sources.cut, NotNow)
    sources.begin_tick()
    assert sources.cut is None
    with sources.carrying(["text"]):
        assert len(list(sources.for_content())) == 1
    with sources.carrying(["text", "video"]):
        assert list(sources.for_content()) == []


def test_a_source_that_was_barred_is_asked_again_once_it_may_be(tmp_path: Path) -> None:
    gate = Gate()
    sources = gated(tmp_path, gate)
    source = next(sources.for_content())
    gate.metadata = False
    sources.put_out(source, NotNow("over", reason="window", until=LATER))
    assert sources.all_out
    gate.metadata = True
    assert not sources.all_out
    sources.put_out(source, SourceUnavailable("cut"))
    assert sources.all_out
    assert not isinstance(sources.cut, NotNow)


def test_no_more_is_asked_for_than_a_budget_has(tmp_path: Path) -> None:
    gate = Gate(left=100)
    sources = gated(tmp_path, gate)
    assert sources.within_budget("text", [40, 40, 40]) == 2
    assert isinstance(sources.cut, NotNow)
    gate.left = None
    assert sources.within_budget("text", [40, 40, 40]) == 3


def test_text_comes_by_day_and_films_at_night(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    repository.offer("main", publish(repository, tmp_path, video_bytes=1_200_000))
    gate = Gate(frozenset({"text", "other"}))
    with node.opened():
        tick = node.engine(gated(repository.root, gate)).tick()
    assert tick.outcome == "not-now"
    assert "other" in tick.kinds
    assert "video" not in tick.kinds
    assert tick.not_now
    assert tick.not_now.until == LATER
    assert node.lessons() == {}
    gate.kinds = frozenset(KINDS)
    before = tick.traffic.bytes_in
    with node.opened():
        tick = node.engine(gated(repository.root, gate)).tick()
    assert tick.outcome == "updated"
    assert tick.kinds.keys() == {"video"}
    assert tick.traffic.bytes_in + before < 2 * (3 * 1_200_000 + 60_000)
    assert node.lessons() == {"one": 1, "two": 1}


def test_what_a_stick_may_bring_does_not_cross_the_sim(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    repository.offer("main", publish(repository, tmp_path, video_bytes=1_200_000))
    sim = LiveFolder(repository.root)
    stick = LiveFolder(tmp_path / "stick")
    gate = Gate(frozenset({"text", "other"}))
    with node.opened():
        tick = node.engine(Sources([sim, stick], {sim.name: gate})).tick()
    assert "video" not in tick.kinds, "the stick hasn't it, and the SIM isn't asked"
    (tmp_path / "stick").symlink_to(repository.root)
    with node.opened():
        tick = node.engine(Sources([sim, stick], {sim.name: gate})).tick()
    assert node.lessons() == {"one": 1, "two": 1}
