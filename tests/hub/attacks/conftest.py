"""One hub for all attacks: none of them may change it, so all of them can share it."""

import dataclasses
from pathlib import Path

import pytest

from hub.app import create_app
from hub.fleet import audit
from hub.fleet.tables import NodeRow, SchoolRow
from hub.hub import Hub, open_hub
from hub.people.actor import Actor
from hub.people.tables import ApiTokenRow, PersonRow
from hub.publishing import publish
from hub.rollouts import planning
from hub.rollouts.model import Group, Plan, Stage
from hub.rollouts.tables import RolloutNodeRow
from tests.hub.attacks.places import recorded
from tests.hub.attacks.world import (
    HIDDEN,
    KEEPER,
    MARK,
    RIVAL,
    RIVAL_MARK,
    Side,
    World,
    add_person,
    add_publisher,
    add_township,
)
from tests.hub.clients import START, MovableClock
from tests.hub.console.site import PUBLISHER, TOWNSHIP, add_people
from tests.support.hub_databases import HubDatabases
from tests.support.packs import make_demo


def _actor(login: str, township: str = "", publisher: str = "") -> Actor:
    if publisher:
        return Actor(login, "publisher", "console", publisher=publisher)
    return Actor(login, "operator", "console", townships=frozenset({township}))


@pytest.fixture(scope="module")
def world(built: World) -> World:
    """The hub, opened anew: other tests may have opened another since."""
    built.hub = open_hub(built.hub.data.root, MovableClock(START))
    built.app = create_app(built.hub)
    return built


@pytest.fixture(scope="session")
def built(
    prepared: Path, tmp_path_factory: pytest.TempPathFactory, lasting_databases: HubDatabases
) -> World:
    """The hub. What the operator and the publisher saw is recorded before others' was there."""
    root = lasting_databases.copy_hub(prepared, tmp_path_factory.mktemp("attacks") / "hub")
    hub = open_hub(root, MovableClock(START))
    add_people(hub)
    add_person(hub, f"{MARK}-operator", "operator", township=HIDDEN)
    add_person(hub, f"{RIVAL_MARK}-publisher", "publisher", publisher=RIVAL)
    with hub.database.writing():
        evil = {"node": "-1+2", "origin": "@SUM(1)", "actor": "+evil"}
        audit.note(hub, "node-revoked", reason="=cmd|' /C calc'!A1", **evil)
    made = World(hub, create_app(hub), Side(), Side(), Side(), Side())
    add_township(hub, made.own, "near", TOWNSHIP, _actor("operator", TOWNSHIP))
    add_publisher(hub, made.mine, _actor("publisher", publisher=PUBLISHER))
    made.mine.add("pack", "demo")
    made.rollout = _rolled_out(hub, "demo", 2)
    for login in ("operator", "publisher"):
        made.token(login)
        made.cookie(login)
    made.answers["operator before"] = recorded(made, "operator", made.own)
    theirs = _actor(f"{MARK}-operator", HIDDEN)
    add_township(hub, made.hidden, MARK, HIDDEN, theirs)
    made.hidden.add("token", _token_of(made, f"{MARK}-operator"))
    made.answers["operator after"] = recorded(made, "operator", made.own)
    _reach(hub, made.rollout)
    made.answers["publisher before"] = recorded(made, "publisher", made.mine)
    add_publisher(hub, made.rival, _actor(f"{RIVAL_MARK}-publisher", publisher=RIVAL))
    cpack = tmp_path_factory.mktemp("attacks-pack") / "rival.cpack"
    make_demo(cpack, pack=f"{RIVAL_MARK}-pack", publisher=RIVAL)
    publish(hub, cpack)
    made.rival.add("pack", f"{RIVAL_MARK}-pack")
    made.rival.add("rollout", _rolled_out(hub, f"{RIVAL_MARK}-pack", 1))
    made.answers["publisher after"] = recorded(made, "publisher", made.mine)
    made.warm()
    return made


def _token_of(world: World, login: str) -> str:
    """Return the id of somebody's token, by which it is revoked."""
    world.token(login)
    with world.hub.database.transaction():
        person = PersonRow.get(PersonRow.login == login).person
        return str(ApiTokenRow.get(ApiTokenRow.person == person).token)


def _rolled_out(hub: Hub, pack: str, version: int) -> str:
    """Plan a rollout to a list with the schools of the first township in it, then to all."""
    with hub.database.transaction():
        schools = tuple(row.school for row in SchoolRow.select().order_by(SchoolRow.school))
    listed = Stage(Group("schools", schools=schools[:1]))
    everybody = Stage(Group(percent=100))
    plan = Plan(pack, version, "main", (listed, everybody), note="for the spring term")
    found = planning.plan(hub, dataclasses.replace(KEEPER), plan)
    return found.rollout


def _reach(hub: Hub, rollout: str) -> None:
    """Note what became of it in each box, as if it were under way."""
    with hub.database.writing():
        for row in NodeRow.select():
            RolloutNodeRow.insert(
                rollout=rollout, node=row.node, stage=0, since="2026-01-01T08:00:00Z",
                outcome="failed", reason="disk-full", changed_at="2026-01-01T08:00:00Z",
            ).execute()  # fmt: skip
