"""Metadata is asked for side by side: each file once, and nothing that is held."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.errors import Missing, SourceUnavailable
from sync_node.reading_ahead import ReadingAhead

_PATIENCE_SECONDS = 20


def naming(**roles: tuple[int, str]) -> bytes:
    """A document that names a version and a digest of each role."""
    meta = {
        f"{role.replace('_', '-')}.json": {"version": version, "hashes": {"sha256": digest}}
        for role, (version, digest) in roles.items()
    }
    return json.dumps({"signed": {"meta": meta}}).encode()


TIMESTAMP = naming(snapshot=(7, "new snapshot"))
FILES = {
    "metadata/7.snapshot.json": naming(targets=(2, "same"), c_main=(5, "new"), c_other=(9, "new")),
    "metadata/5.c-main.json": b"main",
    "metadata/2.targets.json": b"targets",
}


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as executor:
        yield executor


class Asked:
    """Gives `FILES`, and counts."""

    def __init__(self, wait: Callable[[str], object] = lambda _: None) -> None:
        self.count: Counter[str] = Counter()
        self._wait = wait

    def __call__(self, path: str) -> bytes:
        self.count[path] += 1
        self._wait(path)
        if path not in FILES:
            raise Missing(path)
        return FILES[path]


def reading(get: Callable[[str], bytes], executor: ThreadPoolExecutor) -> ReadingAhead:
    held = {"targets": "same"}
    return ReadingAhead(get, executor, roles=("targets", "c-main"), held=held.get)


def test_gives_what_the_timestamp_and_the_snapshot_lead_to(executor: ThreadPoolExecutor) -> None:
    asked = Asked()
    ahead = reading(asked, executor)
    ahead.begin(TIMESTAMP, 3)
    with pytest.raises(Missing):
        ahead.taken("metadata/3.root.json")
    assert ahead.taken("metadata/7.snapshot.json") == FILES["metadata/7.snapshot.json"]
    assert ahead.taken("metadata/5.c-main.json") == b"main"
    assert asked.count == {
        "metadata/3.root.json": 1, "metadata/7.snapshot.json": 1, "metadata/5.c-main.json": 1,
    }  # fmt: skip


def test_the_root_and_the_snapshot_are_in_flight_together(executor: ThreadPoolExecutor) -> None:
    together = threading.Barrier(2, timeout=_PATIENCE_SECONDS)  # breaks if they come in turn
    first = {"metadata/3.root.json", "metadata/7.snapshot.json"}
    ahead = reading(Asked(lambda path: path in first and together.wait()), executor)
    ahead.begin(TIMESTAMP, 3)
    assert ahead.taken("metadata/7.snapshot.json") is not None


def test_what_is_held_is_not_asked_for(executor: ThreadPoolExecutor) -> None:
    asked = Asked()
    ahead = ReadingAhead(asked, executor, roles=(), held={"snapshot": "new snapshot"}.get)
    ahead.begin(TIMESTAMP, 3)
    assert ahead.taken("metadata/7.snapshot.json") is None
    assert not asked.count


def test_a_cut_leaves_it_to_be_asked_for_in_turn(executor: ThreadPoolExecutor) -> None:
    def cut(path: str) -> bytes:
        raise SourceUnavailable(path)

    ahead = reading(cut, executor)
    ahead.begin(TIMESTAMP, 3)
    assert ahead.taken("metadata/7.snapshot.json") is None
    assert ahead.taken("metadata/3.root.json") is None


@given(
    st.binary(max_size=60)
    | st.sampled_from([b"{}", b"[]", b'{"signed":[]}', b'{"signed":{"meta":{"snapshot.json":1}}}'])
    | st.builds(lambda version: naming(snapshot=(version, "x")), st.text() | st.none())
)
def test_nonsense_asks_for_nothing(timestamp: bytes) -> None:
    asked = Asked()
    with ThreadPoolExecutor(1) as executor:
        reading(asked, executor).begin(timestamp, 3)
    assert not asked.count


@pytest.mark.parametrize(
    ("held", "opened"), [({}, 1), ({"targets": "same"}, 0), ({"c-main": "old"}, 0)]
)
def test_where_all_is_new_a_connection_is_opened_for_it(
    executor: ThreadPoolExecutor, held: dict[str, str], opened: int
) -> None:
    """So that the channel doesn't wait for one; where little is new, none is paid for."""
    prepared = threading.Semaphore(0)
    ahead = ReadingAhead(
        Asked(), executor, roles=("targets", "c-main"), held=held.get, prepare=prepared.release
    )
    ahead.begin(TIMESTAMP, 3)
    assert ahead.taken("metadata/7.snapshot.json")
    assert ahead.taken("metadata/5.c-main.json") == b"main"
    assert prepared.acquire(timeout=_PATIENCE_SECONDS if opened else 0.05) == bool(opened)
