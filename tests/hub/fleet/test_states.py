"""A node's state is what it has said itself: no step is taken for it."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.reports import Disk, PackReadiness, Report, Trouble
from hub.fleet.states import STAGES, Target, judge, standings
from tests.support.protocol import NOON, a_report

RELEASED = NOON - timedelta(days=1)


def pack(**said: Any) -> PackReadiness:
    found = {"pack": "maths", "channel": "main", "version": 2, "lessons_total": 4, **said}
    return PackReadiness(**found)


def report(*packs: PackReadiness, **said: Any) -> Report:
    return msgspec.structs.replace(a_report(), packs=packs, troubles=(), **said)


def target(version: int = 2, **said: Any) -> Target:
    found = {"pack": "maths", "channel": "main", "released_at": RELEASED, "size": 900, **said}
    return Target(version=version, **found)


def stage_of(said: PackReadiness, version: int = 2) -> str:
    (found,) = standings(report(said), [target(version)], NOON)
    return found.stage


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        ("targeted", {"version": 1, "bytes_to_come": 0, "lessons_ready": 4}),
        ("targeted", {"version": None}),
        ("offered", {"bytes_to_come": None}),
        ("offered", {"bytes_to_come": 100, "bytes_wanted": 100}),
        ("downloading", {"bytes_to_come": 60, "bytes_wanted": 100}),
        ("downloading", {"bytes_to_come": 60, "lessons_ready": 1}),
        ("staged", {"bytes_to_come": 0, "bytes_wanted": 100, "lessons_ready": 4}),
        ("staged", {"bytes_to_come": 0, "lessons_ready": 3}),
        ("verified", {"bytes_to_come": 0, "bytes_wanted": 100, "verified_version": 2}),
        (
            "active",
            {"bytes_to_come": 0, "bytes_wanted": 9, "verified_version": 2, "opened": 4},
        ),
        (
            "used",
            {"bytes_to_come": 0, "bytes_wanted": 9, "verified_version": 2, "opened": 4, "used": 1},
        ),
        ("active", {"bytes_to_come": 0, "lessons_ready": 4}),  # of before issue 6
    ],
)
def test_stages(stage: str, said: dict[str, Any]) -> None:
    assert stage_of(pack(**said)) == stage


def test_a_version_counts_as_held_only_once_the_node_has_hashed_it() -> None:
    fetched = pack(bytes_to_come=0, bytes_wanted=100, lessons_ready=4, opened=4)
    (found,) = standings(report(fetched), [target()], NOON)
    assert (found.stage, found.held) == ("staged", None)
    hashed = msgspec.structs.replace(fetched, verified_version=2)
    (found,) = standings(report(hashed), [target()], NOON)
    assert (found.stage, found.held) == ("active", 2)


def test_who_was_not_heard_of_since_the_release_is_unreached() -> None:
    old = report(pack(version=1, bytes_to_come=0, lessons_ready=4))
    before = judge("valid", old, [target()], heard_at=RELEASED - timedelta(hours=1))
    assert (before.state, before.unreached, before.behind) == ("targeted", True, 900)
    since = judge("valid", old, [target()], heard_at=RELEASED + timedelta(hours=1))
    assert (since.state, since.unreached) == ("targeted", False)


def test_a_version_that_was_replaced_while_it_came_is_superseded() -> None:
    halfway = report(pack(version=1, bytes_to_come=50, bytes_wanted=100))
    assert judge("valid", halfway, [target()], heard_at=NOON).superseded
    whole = report(pack(version=1, bytes_to_come=0, lessons_ready=4))
    assert not judge("valid", whole, [target()], heard_at=NOON).superseded


def test_a_pack_that_was_rolled_back_says_so() -> None:
    back = report(pack(bytes_to_come=0, rolled_back=2, held_version=1, lessons_older=4))
    found = judge("valid", back, [target()], heard_at=NOON)
    assert found.rolled_back
    assert found.packs[0].held == 1


def test_a_trouble_of_its_own_is_a_failure_and_a_cut_link_is_none() -> None:
    cut = report(msgspec.structs.replace(pack(), bytes_to_come=4, bytes_wanted=9))
    cut = msgspec.structs.replace(cut, troubles=(Trouble(code="source-unavailable"),))
    assert judge("valid", cut, [target()], heard_at=NOON).state == "downloading"
    rotten = msgspec.structs.replace(cut, troubles=(Trouble(code="storage-failed", text="sda"),))
    found = judge("valid", rotten, [target()], heard_at=NOON)
    assert (found.state, found.failed, found.reason) == ("failed", "storage-failed", "sda")
    full = msgspec.structs.replace(cut, disk=Disk(total=9, free=0, trouble="full"))
    assert judge("valid", full, [target()], heard_at=NOON).failed == "disk-full"


def test_a_node_is_as_far_as_its_least_pack() -> None:
    done = pack(bytes_to_come=0, bytes_wanted=9, verified_version=2, opened=4, used=2)
    half = pack(pack="history", bytes_to_come=4, bytes_wanted=9)
    both = [target(), target(pack="history")]
    assert judge("valid", report(done, half), both, heard_at=NOON).state == "downloading"
    assert judge("valid", report(done), [target()], heard_at=NOON).state == "used"


@pytest.mark.parametrize(
    ("key", "state"),
    [("pending", "waits"), ("revoked", "revoked"), ("refused", "no-box"), ("none", "no-box")],
)
def test_without_a_valid_key_nothing_counts(key: Any, state: str) -> None:
    found = judge(key, report(pack(lessons_ready=4, bytes_to_come=0)), [target()], heard_at=NOON)
    assert (found.state, found.packs) == (state, ())


def test_a_node_that_never_said_anything_is_unheard() -> None:
    assert judge("valid", None, [target()], heard_at=None).state == "unheard"
    assert judge("valid", report(), [], heard_at=NOON).state == "nothing"


@given(
    version=st.integers(1, 4),
    offered=st.integers(1, 4),
    to_come=st.none() | st.integers(0, 9),
    wanted=st.none() | st.integers(0, 9),
    verified=st.none() | st.integers(1, 4),
    opened=st.integers(0, 4),
    used=st.integers(0, 4),
)
def test_success_is_never_said_before_the_node_verified_it(  # noqa: PLR0917  # by name
    version: int,
    offered: int,
    to_come: int | None,
    wanted: int | None,
    verified: int | None,
    opened: int,
    used: int,
) -> None:
    said = pack(
        version=version,
        bytes_to_come=to_come,
        bytes_wanted=9 if wanted is None else wanted,
        verified_version=verified,
        opened=opened,
        used=used,
    )
    (found,) = standings(report(said), [target(offered)], NOON)
    if STAGES.index(found.stage) >= STAGES.index("verified"):
        assert verified is not None
        assert verified >= found.version >= offered
