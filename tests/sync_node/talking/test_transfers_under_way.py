"""Whatever the hub comes to want, what was on its way goes on from where it is."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from content_packs.desired_state import Budget, DesiredPin, DesiredState, Window
from content_packs.limits import BLOCK_STORED_BYTES_MAX
from content_packs.messages import to_second
from sync_node.config import SourceConfig
from tests.support.identities import Box, enrolled
from tests.support.nodes import publish
from tests.support.repositories import Repository
from tests.support.scripted_hub import ScriptedHub

VIDEO_BYTES = 2_500_000
MEGABYTES = 2  # a day, of a pack of more than 5 MB
AT_ONCE = 4  # blocks that may be on their way when the budget ends
PLENTY = Budget(megabytes_per_day=100)


@pytest.fixture
def begun(tmp_path: Path, repository: Repository, hub: ScriptedHub) -> Box:
    """A node that got a part of a film, then hears what the hub wants."""
    repository.offer("main", publish(repository, tmp_path, pack="films", video_bytes=VIDEO_BYTES))
    box = Box(tmp_path / "box").initialise(
        repository, SourceConfig(hub=hub.url, megabytes_per_day=MEGABYTES)
    )
    assert enrolled(box, hub).sync().outcome == "not-now"
    assert parts(box)
    return box


def parts(box: Box) -> dict[str, int]:
    """Which files are being made, by digest, and which file of the disk each is."""
    return {path.stem: path.stat().st_ino for path in box.data_dir.incoming.glob("*.part")}


def wanted(hub: ScriptedHub, box: Box, number: int, **said: object) -> None:
    """Let the box hear it: the tick that brings it may go on fetching as before."""
    hub.desired = DesiredState(
        number=number, issued_at=to_second(datetime.now(UTC)), node="qamdo-1", **said
    )  # type: ignore[arg-type]  # as a test gives them
    box.sync()
    assert box.standing().desired_state == number


def check_went_on(box: Box, hub: ScriptedHub, before: dict[str, int]) -> None:
    """The same files on the disk are whole now, and next to nothing crossed the link twice."""
    assert box.sync().outcome in {"updated", "nothing-new"}
    assert parts(box) == {}
    whole = {
        digest: box.data_dir.store_path(digest).stat().st_ino
        for digest in before
        if box.data_dir.store_path(digest).exists()
    }
    assert whole == before
    for path, count in hub.sent.items():
        if path.startswith("bundles/"):
            size = (hub.repository.root / path).stat().st_size
            assert count <= size + AT_ONCE * BLOCK_STORED_BYTES_MAX


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"channels": ("main", "county")},
        {"packs": ("films",)},
        {"renditions": ("240p", "480p")},
        {"windows": (Window(),)},
        {"time_zone": "+08:00"},
        {"pins": (DesiredPin(pack="films"),)},
    ],
    ids=lambda said: "-".join(said) or "nothing",
)
def test_it_goes_on_under_another_desired_state(
    begun: Box, hub: ScriptedHub, said: dict[str, object]
) -> None:
    before = parts(begun)
    wanted(hub, begun, 1, budget=PLENTY, **said)
    check_went_on(begun, hub, before)


def test_what_isnt_wanted_for_a_while_goes_on_from_where_it_was(
    begun: Box, hub: ScriptedHub
) -> None:
    before = parts(begun)
    wanted(hub, begun, 1, packs=("demo",))
    begun.sync()
    assert parts(begun) == before
    wanted(hub, begun, 2, packs=("films",), budget=PLENTY)
    check_went_on(begun, hub, before)


def test_a_window_that_is_shut_stops_it_and_loses_nothing(begun: Box, hub: ScriptedHub) -> None:
    before = parts(begun)
    hour = (datetime.now(UTC).hour + 12) % 24
    shut = Window(opens=f"{hour:02}:00", closes=f"{hour:02}:30")
    wanted(hub, begun, 1, windows=(shut,), budget=PLENTY)
    sent = hub.sent.total()
    assert begun.tick().outcome == "not-now"
    assert hub.sent.total() == sent
    assert parts(begun) == before
