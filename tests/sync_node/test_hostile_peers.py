"""Whatever a peer does, what a node serves is right, and it comes from the hub instead.

The scripted server gives what an honest node offers, but for what it is told to do wrong. Time
passes fifty times as fast, so that what takes long is soon over.
"""

import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from content_packs.repository import TIMESTAMP
from sync_node.limits import HELD_BYTES_MAX
from sync_node.peer_places import HELD, PREFIX
from sync_node.retrying_source import RetryingSource
from tests.support.nodes import LiveFolder, Node, publish
from tests.support.peers import scripted, source_of
from tests.support.repositories import Repository
from tests.support.repository_server import RepositoryServer, serving
from tests.support.sampling import usually
from tests.sync_node.test_misbehaviour import ALWAYS

ELSEWHERE = "http://203.0.113.9/"


@pytest.fixture
def honest(node: Node, repository: Repository, tmp_path: Path) -> Node:
    """The node whose content the scripted peer has."""
    repository.offer("main", publish(repository, tmp_path, video_bytes=1_500_000))
    node.sync_well()
    return node


@pytest.fixture
def server(honest: Node, tmp_path: Path) -> Iterator[RepositoryServer]:
    with serving(tmp_path) as running:
        scripted(running, honest.data_dir)
        yield running


@pytest.fixture
def peer(server: RepositoryServer, honest: Node) -> Iterator[RetryingSource]:
    with closing(source_of(scripted(server, honest.data_dir))) as source:
        yield source


@pytest.fixture
def hub(repository: Repository) -> LiveFolder:
    return LiveFolder(repository.root)


@pytest.fixture
def asker(tmp_path: Path, repository: Repository, hub: LiveFolder, peer: RetryingSource) -> Node:
    return Node(tmp_path / "asker", [hub, peer]).initialise(repository)


def misbehave(server: RepositoryServer, fault: str, times: int) -> None:
    kind, _, status = fault.partition(" ")
    location = ELSEWHERE if kind == "redirect" else ""
    server.misbehave(
        kind, times=times, at=1, status=int(status or 0), location="1" if status else location
    )


def whole(asker: Node, honest: Node) -> None:
    """The node has all of it, and nothing else."""
    asker.check_nothing_false()
    assert asker.store() == honest.store()
    assert asker.lessons() == honest.lessons()


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    "fault",
    usually(
        [*ALWAYS, "status 401", "status 403", "status 404"],
        "cut", "endless", "flip", "garbage", "hang", "redirect", "status 404", "status 500",
    ),
)  # fmt: skip
def test_a_peer_that_goes_on_doing_wrong_costs_the_hubs_bytes_and_no_more(
    server: RepositoryServer, asker: Node, honest: Node, fault: str
) -> None:
    misbehave(server, fault, 100_000)
    begun = time.monotonic()
    tick = asker.sync()
    assert tick.outcome == "updated", tick.detail
    assert time.monotonic() - begun < 20
    whole(asker, honest)


@pytest.mark.parametrize("fault", usually(ALWAYS, "cut", "flip", "reset", "short", "status 429"))
def test_what_a_peer_does_wrong_once_is_got_over(
    server: RepositoryServer, asker: Node, honest: Node, fault: str
) -> None:
    misbehave(server, fault, 1)
    assert asker.sync().outcome == "updated"
    whole(asker, honest)


Lie = Callable[[str, bytes | None], bytes | None]


def lying(server: RepositoryServer, lie: Lie) -> None:
    """Let the server put `lie` in place of what a place has."""
    honest = server.content
    assert honest
    server.content = lambda path: lie(f"/{path}".removeprefix(PREFIX), honest(path))


def _random(place: str, data: bytes | None) -> bytes:
    return random.Random(place).randbytes(len(data or b"x"))


def _only(prefix: str, lie: Lie) -> Lie:
    return lambda place, data: lie(place, data) if place.startswith(prefix) else data


LIES: dict[str, Lie] = {
    "other bytes under every digest": _only("files/", _random),
    "a bit flipped at the end": _only(
        "files/", lambda _, data: data and data[:-1] + bytes([data[-1] ^ 1])
    ),
    "files in another order": _only("files/", lambda _, data: data and data[::-1]),
    "files that are shorter": _only("files/", lambda _, data: data and data[: len(data) // 2]),
    "files that are longer": _only("files/", lambda _, data: data and data + bytes(5_000)),
    "no bytes at all": _only("files/", lambda _, data: b"" if data else data),
    "holds nothing that it says": _only("files/", lambda *_: None),
    "says that it holds nothing": _only(HELD, lambda *_: b""),
    "a list of noise": _only(HELD, lambda *_: random.Random(1).randbytes(40_001)),
    "a list without end": _only(HELD, lambda *_: bytes(HELD_BYTES_MAX + 1)),
    "a list out of order": _only(
        HELD,
        lambda _, data: (
            b"".join(data[at : at + 32] for at in range(len(data or b"") - 32, -1, -32))
            if data
            else data
        ),
    ),
    "another manifest": _only("manifests/", _random),
    "a manifest that never ends": _only("manifests/", lambda *_: bytes(3_000_000)),
    "a manifest that isn't one": _only("manifests/", lambda *_: b"{}"),
    "another layout": _only("layouts/", _random),
    "everything is a page": lambda *_: b"<!doctype html><title>Sign in</title>" * 20,
}


@pytest.mark.sampled(4)
@pytest.mark.parametrize("lie", LIES)
def test_a_peer_that_lies_changes_nothing_of_what_is_served(
    server: RepositoryServer, asker: Node, honest: Node, lie: str
) -> None:
    lying(server, LIES[lie])
    assert asker.sync().outcome == "updated"
    whole(asker, honest)


def test_a_liar_is_left_after_a_few_wrong_units(
    server: RepositoryServer, asker: Node, honest: Node
) -> None:
    lying(server, LIES["other bytes under every digest"])
    asker.sync_well()
    asked = [each for each in server.requests if "/files/" in each.path]
    assert len(asked) < 20
    whole(asker, honest)


# Where no hub answers, a peer is asked what is offered, too.


def _instead(of: dict[str, bytes | None]) -> Lie:
    return of.get


@pytest.fixture
def alone(tmp_path: Path, repository: Repository, peer: RetryingSource) -> Node:
    """A node that has only the peer."""
    return Node(tmp_path / "alone", [peer]).initialise(repository)


def test_only_a_peer_is_enough(alone: Node, honest: Node) -> None:
    alone.sync_well()
    whole(alone, honest)


def test_older_metadata_takes_nobody_back(
    server: RepositoryServer,
    alone: Node,
    honest: Node,
    repository: Repository,
    tmp_path: Path,
) -> None:
    honest_content = server.content
    assert honest_content
    old = {
        path: honest_content(f"{PREFIX[1:]}{path}")
        for path in (TIMESTAMP, "metadata/2.snapshot.json", "metadata/2.targets.json")
    }
    newer = publish(repository, tmp_path, 1, version=2, pages={"one": "<p>New</p>"})
    repository.offer("main", newer)
    honest.sync_well()
    alone.sync_well()
    assert set(alone.lessons().values()) == {2}
    lying(server, _instead(old))
    tick = alone.sync()
    assert set(alone.lessons().values()) == {2}
    assert not tick.activated
    alone.check_nothing_false()


def test_a_peer_that_holds_back_what_is_new_is_no_worse_than_silence(
    alone: Node, repository: Repository, tmp_path: Path
) -> None:
    alone.sync_well()
    before = alone.lessons()
    repository.offer("main", publish(repository, tmp_path, 1, version=2, seeds={"one": 7}))
    assert alone.sync().outcome == "nothing-new"
    assert alone.lessons() == before


@pytest.mark.parametrize(
    "what",
    ["metadata/timestamp", "snapshot.json", "targets.json", "c-main.json", "root.json"],
)
def test_metadata_of_another_hub_is_refused(
    server: RepositoryServer, alone: Node, tmp_path: Path, what: str
) -> None:
    foreign = Repository(tmp_path / "foreign")
    foreign.new_root()
    foreign.offer("main", publish(foreign, tmp_path, pack="foreign"))

    def lie(place: str, data: bytes | None) -> bytes | None:
        path = foreign.root / place
        return path.read_bytes() if what in place and path.is_file() else data

    lying(server, lie)
    tick = alone.sync()
    assert alone.store() == {}
    assert tick.outcome != "updated"
    assert tick.detail


@pytest.mark.parametrize("what", ["timestamp", "snapshot", "targets", "c-main"])
def test_metadata_that_was_altered_is_refused(
    server: RepositoryServer, alone: Node, what: str
) -> None:
    def lie(place: str, data: bytes | None) -> bytes | None:
        if what not in place or data is None:
            return data
        found = json.loads(data)
        found["signed"]["version"] += 1
        return json.dumps(found).encode()

    lying(server, lie)
    tick = alone.sync()
    assert alone.store() == {}
    assert tick.detail


@pytest.mark.parametrize("what", ["timestamp", "snapshot", "targets", "c-main", "root"])
def test_oversized_metadata_is_cut_off(
    server: RepositoryServer, alone: Node, peer: RetryingSource, what: str
) -> None:
    lying(
        server,
        lambda place, data: (
            b" " * 80_000_000 if place.startswith("metadata/") and what in place else data
        ),
    )
    tick = alone.sync()
    assert alone.store() == {}
    assert tick.outcome != "updated"
    assert peer.traffic.bytes_in < 40_000_000


def test_expired_metadata_of_a_peer_is_stale_not_refused(
    alone: Node, honest: Node, repository: Repository
) -> None:
    alone.now = repository.now.replace(year=repository.now.year + 2)
    alone.sync_well()
    whole(alone, honest)


def test_a_redirect_of_a_peer_is_never_followed(
    server: RepositoryServer, asker: Node, honest: Node
) -> None:
    server.misbehave("redirect", times=100_000, location=f"{server.url}peer/v1/held")
    asker.sync_well()
    whole(asker, honest)
    assert all("/peer" not in each.path or each.status == 302 for each in server.requests)


def test_nothing_but_places_of_peers_is_ever_asked_for(
    server: RepositoryServer, asker: Node
) -> None:
    asker.sync_well()
    kinds = {each.path.removeprefix(PREFIX[1:]).split("/")[0] for each in server.requests}
    assert kinds == {"held", "files", "manifests"}
