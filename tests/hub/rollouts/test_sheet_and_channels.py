"""A rollout's schools as a table; what channels say of versions that some schools have so far."""

import csv
import io
from collections.abc import Iterable

import pytest
from flask.testing import FlaskClient

from content_packs import csv_cells
from content_packs.errors import Missing, Refused, UsageError
from hub.app import create_app
from hub.edition import read_edition
from hub.fleet import saved
from hub.hub import Hub
from hub.packs import listing as packs
from hub.people.actor import Actor, of_this_machine
from hub.rollouts import deciding, evaluating, on_channels, planning, sayings, sheet
from hub.rollouts.model import Group, Plan, Stage
from tests.hub.clients import MovableClock
from tests.hub.commands import Commands
from tests.hub.rollouts.fleets import ANNA, add_schools, fetches, say

NORTH = Actor("norbu", "operator", "console", townships=frozenset({"north"}))
OTHER = Actor("tom", "publisher", "console", publisher="thief")


@pytest.fixture
def rollout(filled: Hub, clock: MovableClock) -> str:
    """A rollout whose first stage named two schools; the disk of one of their boxes is full."""
    add_schools(filled, range(10))
    stages = (Stage(Group("schools", schools=("school-1", "school-2"))), Stage(Group(percent=100)))
    planned = planning.plan(filled, ANNA, Plan("demo", 2, "main", stages))
    found = deciding.approve(filled, ANNA, planned.rollout).rollout
    clock.go_on(hours=1)
    say(filled, ["box-1"], fetches(2), disk="full")
    evaluating.evaluate_all(filled)
    return found


def rows_of(pieces: Iterable[bytes]) -> list[dict[str, str]]:
    text = b"".join(pieces).decode().removeprefix(csv_cells.BYTE_ORDER_MARK)
    return list(csv.DictReader(io.StringIO(text)))


def test_each_school_stands_with_its_outcome_and_why(filled: Hub, rollout: str) -> None:
    first, second = rows_of(sheet.lines(filled, ANNA, rollout))
    assert (first["school"], first["outcome"], first["reason"]) == (
        "school-1", "failed", "disk-full",
    )  # fmt: skip
    assert (first["outcome_in_words"], first["reason_in_words"]) == ("failed", "its disk is full")
    assert (second["node"], second["outcome"], second["stage"]) == ("box-2", "unreached", "1")
    assert list(first) == list(sheet.HEAD)


def test_a_table_has_what_was_asked_for_and_what_is_theirs(filled: Hub, rollout: str) -> None:
    only = rows_of(sheet.lines(filled, ANNA, rollout, outcome="failed"))
    assert [row["node"] for row in only] == ["box-1"]
    theirs = rows_of(sheet.lines(filled, NORTH, rollout))
    assert [row["node"] for row in theirs] == ["box-2"]
    with pytest.raises(UsageError):
        sheet.lines(filled, ANNA, rollout, outcome="green")
    with pytest.raises(Refused):
        sheet.lines(filled, OTHER, rollout)
    with pytest.raises(Missing):
        sheet.lines(filled, ANNA, "demo-2-0000")


def test_a_channel_says_at_which_stage_a_version_is(filled: Hub, rollout: str) -> None:
    (channel,) = packs.channels(filled, ANNA)
    assert [offer.version for offer in channel.offers] == [1]
    (found,) = channel.staged
    assert (found.pack, found.version, found.rollout, found.state) == (
        "demo",
        2,
        rollout,
        "running",
    )
    assert sayings.on_channel(found) == "stage 1 of 2"
    deciding.pause(filled, ANNA, rollout)
    (found,) = packs.channels(filled, ANNA)[0].staged
    assert sayings.on_channel(found) == "stage 1 of 2, paused"
    deciding.abort(filled, ANNA, rollout, revert=False)
    (found,) = packs.channels(filled, ANNA)[0].staged
    assert sayings.on_channel(found) == "ended early: schools that have it keep it"
    assert packs.channels(filled, OTHER)[0].staged == ()


def test_what_was_taken_back_is_offered_to_nobody(filled: Hub, rollout: str) -> None:
    deciding.abort(filled, ANNA, rollout, revert=True)
    assert on_channels.staged(filled, read_edition(filled.data.metadata)) == ()


def test_the_public_page_says_it_in_both_languages(filled: Hub, rollout: str) -> None:
    web: FlaskClient = create_app(filled).test_client()
    english = web.get("/", headers={"Accept-Language": "en"}).text
    assert "demo 2 (to some schools first, stage 1 of 2)" in english
    chinese = web.get("/", headers={"Accept-Language": "zh-CN"}).text
    assert "demo 2 (先发给部分学校，第 1 批，共 2 批)" in chinese
    assert rollout not in english


def test_the_commands_say_the_same(filled: Hub, rollout: str) -> None:
    commands = Commands(filled.data.root)
    assert "demo 2  to some schools: stage 1 of 2" in commands.say("channels")
    table = commands.say("rollouts", "schools", rollout, "--csv")
    assert '"its disk is full"' in table


def test_a_saved_filter_is_named_in_a_command(filled: Hub) -> None:
    add_schools(filled, range(10))
    saved.save(filled, of_this_machine(), "the north", "township:north")
    plan = (
        "rollouts", "plan", "demo", "--version", "2", "--channel", "main", "--dry-run",
        "--stage", "100%", "--stage",
    )  # fmt: skip
    commands = Commands(filled.data.root)
    price = commands.json(*plan[:-3], "--stage", "saved:the north", "--stage", "100%")
    assert [stage["schools"] for stage in price["stages"]] == [5, 5]
    code, said = commands.fail(*plan, "saved:the south")
    assert (code, "no filter is saved as 'the south'" in said) == (2, True)
