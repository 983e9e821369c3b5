"""A hub goes from hub.db to PostgreSQL and back with all that it holds."""

import json
from contextlib import nullcontext
from pathlib import Path

import pytest

from content_packs.errors import Refused, StorageFailed
from hub import copying, in_service, moving
from hub.app import create_app
from hub.database import Database
from hub.engines import Postgresql
from hub.errors import Busy, InvalidConfig
from hub.fleet import audit, schools
from hub.fleet.tables import AuditRow
from hub.hub import Hub, open_hub
from hub.overview import overview
from hub.people.actor import of_this_machine
from hub.releasing import Terms, release
from hub.versions import versions_of
from tests.hub.commands import Commands
from tests.hub.full_logs import keep_out
from tests.support.postgresql import Server

ME = of_this_machine()


@pytest.fixture
def address(postgresql_server: Server) -> str:
    return postgresql_server.new()


def again(hub: Hub) -> Hub:
    return open_hub(hub.data.root, hub.clock)


@pytest.mark.hub_db
def test_a_hub_moves_to_postgresql_and_back(filled: Hub, address: str) -> None:
    schools.add(filled, "qamdo", district="east", title="昌都小学")
    before = copying.held(filled.database)
    assert before.rows["version_row"] == 2
    moved = moving.move(filled, ME, address)
    assert (moved.database, moved.rows, moved.digest) == (address, before.rows, before.digest)
    assert moved.kept is not None
    assert not filled.data.database.exists()

    there = again(filled)
    assert there.database.dialect == "postgresql"
    assert [version.version for version in versions_of(there, "demo")] == [2, 1]
    (line,) = audit.entries(there, most=1)
    assert (line.event, line.actor, line.reason) == (
        "moved", ME.login, f"the database, to {address}",
    )  # fmt: skip
    schools.add(there, "markam", district="east", title="")
    assert len(create_app(there).test_client().get("/").text) > 100
    after = copying.held(there.database)
    offered = overview(there).packs

    back = moving.move(there, ME, "sqlite")
    assert (back.digest, back.kept) == (after.digest, None)
    here = again(filled)
    assert here.database.dialect == "sqlite"
    assert [one.school for one in schools.list_schools(here)] == ["markam", "qamdo"]
    assert overview(here).packs == offered


@pytest.mark.hub_db
def test_numbers_go_on_where_they_were(filled: Hub, address: str) -> None:
    """A line of the audit log is never taken for another that was dropped before the move."""
    schools.add(filled, "qamdo", district="east", title="")
    with filled.database.writing():
        last = max(row.id for row in AuditRow.select())
        AuditRow.delete().where(AuditRow.id == last).execute()
    moving.move(filled, ME, address)
    there = again(filled)
    schools.add(there, "markam", district="east", title="")
    release(there, "demo", 2, "main", Terms())  # whose rows have numbers of another kind
    with there.database.transaction():
        assert max(row.id for row in AuditRow.select()) > last
        top = max(row.id for row in AuditRow.select())
    with there.database.writing():
        AuditRow.delete().where(AuditRow.id == top).execute()
    moving.move(there, ME, "sqlite")
    here = again(filled)
    schools.add(here, "dragyab", district="east", title="")
    with here.database.transaction():
        assert max(row.id for row in AuditRow.select()) > top


@pytest.mark.hub_db
def test_nothing_moves_while_a_server_runs(filled: Hub, address: str) -> None:
    with in_service.in_service(filled), pytest.raises(Busy, match="a server or a worker runs"):
        moving.move(filled, ME, address)
    with in_service.out_of_service(filled.data.root):
        entering = in_service.in_service(filled)
        with pytest.raises(Busy, match="being moved"):
            entering.__enter__()
    assert again(filled).config.database == "sqlite"


@pytest.mark.hub_db
def test_a_database_with_other_rows_is_left_alone(filled: Hub, hub: Hub, address: str) -> None:
    del hub  # whose database is bound now: moving looks at none but the two it was given
    moving.move(again(filled), ME, address)
    other = open_hub(filled.data.root.parent / "hub", filled.clock)
    with pytest.raises(Refused, match="is not empty"):
        moving.move(other, ME, address)
    assert again(other).config.database == "sqlite"
    assert [version.version for version in versions_of(again(filled), "demo")] == [2, 1]


@pytest.mark.hub_db
def test_a_move_that_was_cut_off_before_hub_toml_changed_goes_on(filled: Hub, address: str) -> None:
    target = Database(Postgresql(address, lambda: None), aside=True)
    target.migrate(nullcontext)
    copying.copy(filled.database, target)
    target.close()
    assert moving.move(again(filled), ME, address).database == address


@pytest.mark.hub_db
def test_a_database_that_has_moved_is_said_to_have(filled: Hub, address: str) -> None:
    """Whatever can't be done after that: hub.db set aside, the log told."""
    target = Database(Postgresql(address, lambda: None), aside=True)
    target.migrate(nullcontext)
    keep_out(target, "moved")
    target.close()
    (filled.data.root / f"hub.db.moved-{filled.clock():%Y%m%dT%H%M%SZ}").mkdir()
    moved = moving.move(filled, ME, address)
    assert moved.kept is None
    aside, log = moved.warnings
    assert "hub.db.moved-" in aside
    assert "the disk is full" in log
    there = again(filled)
    assert there.config.database == address
    assert [version.version for version in versions_of(there, "demo")] == [2, 1]


@pytest.mark.hub_db
def test_where_nobody_answers_nothing_changes(filled: Hub, tmp_path: Path) -> None:
    with pytest.raises(StorageFailed) as failed:
        moving.move(filled, ME, f"postgresql://x@/none?host={tmp_path}")
    assert "PostgreSQL runs" in failed.value.hint
    assert again(filled).config.database == "sqlite"
    with pytest.raises(InvalidConfig, match="has a password in it"):
        moving.move(filled, ME, "postgresql://x:secret@host/none")


@pytest.mark.hub_db
def test_by_command(filled: Hub, address: str) -> None:
    commands = Commands(filled.data.root)
    said = commands.json("move-database", address)
    assert said["rows"]["version_row"] == 2
    assert json.dumps(said["database"]) in filled.data.config.read_text()
    assert "packs 1, versions 2" in commands.say("status")
    assert commands.fail("move-database", address)[0] == 2
    assert "database is at sqlite now" in commands.say("move-database", "sqlite")
