"""What counts as success: nothing but the box's own word; and what counts as failure."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.reports import Disk, PackReadiness, Report, Trouble
from hub.fleet.states import Target
from hub.rollouts.bars import WIDTH, bar
from hub.rollouts.outcomes import KINDS, Outcome, Tally, outcome, tally
from tests.support.protocol import a_report

TARGET = Target("demo", "main", 2, None, 0)
SINCE = datetime(2026, 9, 1, 8, tzinfo=UTC)
LATER = SINCE + timedelta(hours=5)
EARLIER = SINCE - timedelta(hours=5)


def said(
    *,
    trouble: str = "",
    disk: str = "",
    packs: tuple[PackReadiness, ...] | None = None,
    **pack: int,
) -> Report:
    one = PackReadiness(pack="demo", channel="main", **pack)  # type: ignore[arg-type]
    troubles = (Trouble(code=trouble, text="what the box says"),) if trouble else ()
    return msgspec.structs.replace(
        a_report(),
        packs=(one,) if packs is None else packs,
        troubles=troubles,
        disk=Disk(total=10, free=1, trouble=disk),  # type: ignore[arg-type]
    )


def of(report: Report | None, *, at: datetime | None = LATER) -> Outcome:
    return outcome(report, TARGET, reported_at=at if report else None, heard_at=at, since=SINCE)


WHOLE = {
    "version": 2, "lessons_ready": 4, "lessons_total": 4, "bytes_to_come": 0,
    "bytes_wanted": 900, "verified_version": 2, "opened": 4,
}  # fmt: skip


@pytest.mark.parametrize(
    ("pack", "kind"),
    [
        (WHOLE, "opened"),
        (WHOLE | {"opened": 0, "lessons_ready": 0}, "waiting"),
        (WHOLE | {"verified_version": 1}, "working"),
        (WHOLE | {"bytes_to_come": 300, "verified_version": 1, "lessons_ready": 1}, "working"),
        ({"version": 1, "lessons_ready": 4, "lessons_total": 4, "bytes_to_come": 0}, "working"),
        ({"version": 3, "verified_version": 3, "opened": 4, "bytes_to_come": 0}, "elsewhere"),
        (WHOLE | {"version": 1, "verified_version": 1, "rolled_back": 2}, "failed"),
        ({"version": 2, "held_version": 1, "lessons_total": 4}, "failed"),
    ],
)
def test_outcomes_are_what_the_box_says(pack: dict[str, int], kind: str) -> None:
    assert of(said(**pack)).kind == kind


def test_a_box_of_before_counts_once_every_lesson_is_open_at_the_version() -> None:
    older = {"version": 2, "lessons_ready": 4, "lessons_total": 4, "bytes_to_come": 0}
    assert of(said(**older)).kind == "opened"
    assert of(said(**older | {"lessons_ready": 3})).kind == "working"


def test_what_keeps_a_box_from_going_on_is_a_failure_with_its_reason() -> None:
    half = WHOLE | {"verified_version": 1, "bytes_to_come": 500}
    assert of(said(disk="full", **half)).reason == "disk-full"
    found = of(said(trouble="untrusted", **half))
    assert (found.kind, found.reason) == ("failed", "untrusted: what the box says")
    assert (found.have, found.wanted) == (400, 900)
    assert of(said(trouble="source-unavailable", **half)).kind == "working", "a cut is no failure"
    assert of(said(disk="full", **WHOLE)).kind == "opened", "it has it all the same"


def test_who_was_not_heard_of_since_its_turn_is_unreached_whatever_it_said_before() -> None:
    half = said(**WHOLE | {"verified_version": 1, "bytes_to_come": 500})
    assert of(half, at=EARLIER).kind == "unreached"
    assert of(None, at=None).kind == "unreached"
    assert of(None, at=LATER).kind == "working", "in contact, without a report yet"
    assert of(said(**WHOLE), at=EARLIER).kind == "opened", "it had it before its turn"
    old = outcome(half, TARGET, reported_at=EARLIER, heard_at=LATER, since=SINCE)
    assert old.kind == "working", "it was heard of, and said nothing new yet"


def test_a_box_that_doesnt_follow_the_channel_counts_for_nothing() -> None:
    assert of(said(packs=())).kind == "elsewhere"
    many = msgspec.structs.replace(said(packs=()), packs_left_out=4)
    assert of(many).kind == "working", "what is left out of a report isn't known"


@given(st.lists(st.sampled_from(KINDS)))
def test_tallies_count_each_once(kinds: list[str]) -> None:
    found = tally(kinds)  # type: ignore[arg-type]
    assert found.targeted + found.elsewhere == len(kinds)
    assert found.contacted == len(kinds) - kinds.count("unreached") - kinds.count("elsewhere")
    assert found.done(opens_later=True) - found.done(opens_later=False) == found.waiting


@given(st.fixed_dictionaries({kind: st.integers(0, 100_000) for kind in KINDS}))
def test_a_bar_is_filled_and_hides_nobody(counts: dict[str, int]) -> None:
    parts = bar(counts)  # type: ignore[arg-type]
    shown = {kind for kind in KINDS if counts[kind] and kind != "elsewhere"}
    assert {part.kind for part in parts} == shown
    assert all(part.width > 0 for part in parts)
    assert sum(part.width for part in parts) == (WIDTH if parts else 0)


def test_no_school_is_no_bar() -> None:
    assert bar({}) == ()
    assert Tally().targeted == 0
