"""A hub that burnt down is made anew from its backup, and nodes go on following it."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from content_packs import publishing_keys
from content_packs.errors import Missing, Refused
from hub import channels, copying, publishers
from hub.audit import checking, checkpoints
from hub.backup.folder import BackupFolder
from hub.backup.restoring import Restored, restore
from hub.backup.taking import take
from hub.backup.verifying import verify
from hub.config import change
from hub.data_dir import DataDir
from hub.edition import read_edition
from hub.errors import Busy, Damaged, NotAHub
from hub.fleet import audit, schools
from hub.hub import Hub, open_hub
from hub.initialising import initialise
from hub.lock import locked
from hub.people.actor import Actor, of_this_machine
from hub.publishing import publish
from hub.releasing import Terms, release
from hub.versions import versions_of
from tests.hub.clients import MovableClock, client_of, content_of, tree
from tests.hub.commands import Commands
from tests.support.hub_databases import HubDatabases

ME = of_this_machine()

pytestmark = pytest.mark.both_databases


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "disk" / "backups"


@pytest.fixture
def passphrase(filled: Hub, tmp_path: Path) -> Path:
    """Where the operator keeps a copy of the passphrase."""
    return Path(shutil.copy(filled.data.passphrase, tmp_path / "passphrase"))


@dataclass(frozen=True)
class New:
    """Makes hubs anew in a folder of their own."""

    root: Path
    backups: Path
    clock: MovableClock
    databases: HubDatabases

    def restore(self, passphrase: Path | None = None) -> Restored:
        return restore(
            ME, self.backups, self.root, self.clock,
            database=self.databases.new(), passphrase_file=passphrase,
        )  # fmt: skip

    def open(self, passphrase: Path | None = None) -> Hub:
        return open_hub(self.root, self.clock, passphrase_file=passphrase)


@pytest.fixture
def new(to: Path, tmp_path: Path, clock: MovableClock, databases: HubDatabases) -> New:
    return New(tmp_path / "new", to, clock, databases)


def test_a_hub_is_made_anew_with_all_that_it_held(
    filled: Hub, to: Path, new: New, passphrase: Path
) -> None:
    schools.add(filled, "qamdo", district="east", title="昌都小学")
    offered = filled.data.root / "offered" / "qamdo" / "song.mp3"
    offered.parent.mkdir(parents=True)
    offered.write_bytes(b"la" * 1_000)
    held, content = copying.held(filled.database), content_of(filled)
    taken = take(filled, ME, to)
    assert taken.new_bytes == taken.size
    shutil.rmtree(filled.data.root)

    assert new.restore(passphrase).signed
    hub = new.open(passphrase)
    rows = copying.held(hub.database).rows
    # All of it, and who did that.
    assert rows == {**held.rows, "audit_row": held.rows["audit_row"] + 1}
    (line,) = audit.entries(hub, most=1)
    assert (line.event, line.actor) == ("restored", ME.login)
    assert taken.name in line.reason
    assert checking.check(hub, ME).holds
    assert [one.title for one in schools.list_schools(hub)] == ["昌都小学"]
    assert [version.version for version in versions_of(hub, "demo")] == [2, 1]
    now = content_of(hub)
    immutable = {name for name in content if name != "metadata/timestamp.json"}
    assert {name: now[name] for name in immutable} == {name: content[name] for name in immutable}
    assert (hub.data.root / "offered" / "qamdo" / "song.mp3").read_bytes() == b"la" * 1_000
    for path in (*hub.data.keys.iterdir(), hub.data.config):
        assert path.stat().st_mode & 0o077 == 0, path


def test_nodes_go_on_following_a_hub_that_was_made_anew(
    filled: Hub, new: New, passphrase: Path, cpacks: dict[str, Path], tmp_path: Path
) -> None:
    """Though they saw editions that the backup doesn't know."""
    take(filled, ME, new.backups)
    client = client_of(filled.data.root, tmp_path / "client")
    channels.add_channel(filled, "late")
    for percent in range(1, 20):
        release(filled, "demo", 2, "late", Terms(rollout=percent))
    assert client.versions("late") == {"demo": 2}
    shutil.rmtree(filled.data.root)

    new.clock.go_on(days=2)
    assert new.restore(passphrase).signed
    hub = new.open(passphrase)
    channels.add_channel(hub, "late")  # nodes that knew of it follow no hub that doesn't
    follower = client_of(hub.data.root, client.memory, now=hub.clock())
    assert follower.versions() == {"demo": 1}
    publish(hub, cpacks["3"])
    release(hub, "demo", 3, "main", Terms())
    assert follower.versions() == {"demo": 3}
    assert follower.files(follower.offers()[0])


def test_without_the_passphrase_it_says_what_is_left_to_do(
    filled: Hub, to: Path, new: New, passphrase: Path
) -> None:
    take(filled, ME, to)
    made = new.restore()
    assert made.signed == ()
    assert "hub refresh" in made.warnings[0]
    said = Commands(new.root).say("--passphrase-file", passphrase, "refresh")
    assert "c-main, snapshot, status, targets, timestamp" in said
    number = read_edition(DataDir(new.root).metadata).snapshot.version
    assert number > read_edition(filled.data.metadata).snapshot.version + 1_000


def test_the_second_backup_costs_what_is_new(
    filled: Hub, to: Path, clock: MovableClock, cpacks: dict[str, Path]
) -> None:
    first = take(filled, ME, to)
    clock.go_on(hours=1)
    second = take(filled, ME, to)
    assert second.new_bytes < first.size / 2  # hub.db at most, no content
    clock.go_on(hours=1)
    publish(filled, cpacks["3"])
    third = take(filled, ME, to)
    assert third.files > second.files
    assert BackupFolder(to).names() == [third.name, second.name, first.name]
    # Each would restore the hub of its own day.
    assert [verify(to, name).versions for name in (first.name, third.name)] == [2, 3]
    assert verify(to).name == third.name


def test_the_oldest_go_and_their_files_with_them(
    filled: Hub, to: Path, clock: MovableClock
) -> None:
    names = []
    for number in range(4):
        to.parent.mkdir(exist_ok=True)
        key = publishing_keys.make(to.parent / f"press-{number}", None)
        publishers.add(filled, f"press-{number}", key.public, "demo")
        names.append(take(filled, ME, to, keep=2).name)
        clock.go_on(days=1)
    assert BackupFolder(to).names() == names[:1:-1]
    listed = {saved.digest for name in names[2:] for saved in BackupFolder(to).read(name).files}
    assert {path.name for path in (to / "content").rglob("*") if path.is_file()} == listed
    assert all(not verify(to, name).troubles for name in names[2:])


def test_a_drill_says_what_would_be_restored(filled: Hub, to: Path, passphrase: Path) -> None:
    schools.add(filled, "qamdo", district="east")
    taken = take(filled, ME, to)
    before = tree(to)
    found = verify(to, passphrase_file=passphrase)
    assert (found.name, found.packs, found.versions, found.schools) == (taken.name, 1, 2, 1)
    assert (found.taken_at, found.keys_open, found.troubles) == ("2026-01-01T08:00:00Z", True, ())
    assert verify(to, environment={}).keys_open is None
    assert tree(to) == before


def test_who_took_a_backup_stands_in_the_audit_log(filled: Hub, to: Path) -> None:
    taken = take(filled, ME, to)
    (line,) = audit.entries(filled, most=1)
    assert (line.event, line.actor) == ("backed-up", ME.login)
    assert line.reason == f"{taken.name} into {to}"
    with pytest.raises(Refused, match="operate"):
        take(filled, Actor("ada", "auditor", "console"), to)


@pytest.mark.hub_db
def test_a_drill_looks_at_the_audit_log(filled: Hub, to: Path, clock: MovableClock) -> None:
    schools.add(filled, "qamdo", district="east", by="ada")
    schools.add(filled, "lhasa", district="east", by="ada")
    last = audit.entries(filled, most=1, refusals=False)[0].number
    checkpoints.make(filled)
    take(filled, ME, to)
    found = verify(to)
    assert found.audit.holds
    assert [chain.last for chain in found.audit.chains] == [last, 0]
    assert found.audit.checkpoint == "2026-01-01T08:00:00Z"
    assert schools.list_schools(filled)  # the hub goes on with its own database
    said = Commands(filled.data.root).say("restore", to, "--verify")
    assert f"deeds: lines 1 to {last}" in said
    assert "as it was signed on 2026-01-01T08:00:00Z" in said
    # Somebody who has the file makes themselves forgotten: the next backup has that in it.
    with closing(sqlite3.connect(filled.data.database)) as database:
        database.execute("DROP TRIGGER audit_row_stays")
        database.execute("UPDATE audit_row SET actor = 'eve' WHERE number = 1")
        database.commit()
    clock.go_on(hours=1)
    take(filled, ME, to)
    found = verify(to)
    assert found.troubles == ()
    assert found.audit.troubles == ("deeds: line 1 isn't as it was written",)
    code, words = Commands(filled.data.root).fail("restore", to, "--verify")
    assert code == 6
    assert "isn't as it was written: 1 troubles" in words


def test_every_damaged_file_is_named(filled: Hub, to: Path, clock: MovableClock) -> None:
    note = BackupFolder(to)
    take(filled, ME, to)
    saved = {one.path: one for one in note.read(note.find()).files}
    bundle = next(path for path in saved if path.startswith("repository/bundles/"))
    for path in (bundle, "hub.toml", "hub.db"):
        place = note.path(saved[path].digest)
        data = bytearray(place.read_bytes())
        data[len(data) // 2] ^= 1
        place.write_bytes(data)
    found = verify(to)
    assert {trouble.partition(":")[0] for trouble in found.troubles} == {
        bundle, "hub.toml", "hub.db",
    }  # fmt: skip
    # A backup that reads everything again mends them.
    clock.go_on(hours=1)
    take(filled, ME, to, afresh=True)
    assert not verify(to).troubles


def test_a_missing_file_is_named(filled: Hub, to: Path) -> None:
    folder = BackupFolder(to)
    take(filled, ME, to)
    saved = folder.read(folder.find()).files[-1]
    folder.path(saved.digest).unlink()
    (trouble,) = verify(to).troubles
    assert saved.path in trouble


def test_a_damaged_backup_makes_no_hub(filled: Hub, to: Path, new: New) -> None:
    folder = BackupFolder(to)
    take(filled, ME, to)
    saved = {one.path: one for one in folder.read(folder.find()).files}
    place = folder.path(saved["repository/metadata/timestamp.json"].digest)
    sound = place.read_bytes()
    place.write_bytes(sound[:-1] + b" ")
    with pytest.raises(Damaged, match=r"timestamp\.json: isn't as it was backed up"):
        new.restore()
    with pytest.raises(NotAHub, match="there is no hub here"):
        new.open()
    # Once the disk is well again the same command goes on.
    place.write_bytes(sound)
    new.restore()
    assert [version.version for version in versions_of(new.open(), "demo")] == [2, 1]


def test_a_list_that_was_changed_is_not_believed(filled: Hub, to: Path) -> None:
    taken = take(filled, ME, to)
    path = to / "backups" / f"{taken.name}.json"
    path.write_bytes(path.read_bytes().replace(b"hub.toml", b"hub.tomI"))
    with pytest.raises(Damaged, match="isn't as it was written"):
        verify(to)
    # It keeps no further backup from being taken, and nothing is tidied away by its loss.
    again = take(filled, ME, to)
    assert "isn't as it was written" in again.warnings[0]
    assert not verify(to, again.name).troubles


def test_what_is_in_the_way_is_left_alone(
    filled: Hub, to: Path, clock: MovableClock, tmp_path: Path
) -> None:
    initialise(tmp_path / "another", "main", clock)
    take(open_hub(filled.data.root, clock), ME, to)
    full = tmp_path / "full"
    full.mkdir()
    (full / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(NotAHub, match="is not empty"):
        restore(ME, to, full, clock)
    with pytest.raises(NotAHub, match="is not empty"):
        restore(ME, to, filled.data.root, clock)
    with pytest.raises(Refused, match="is not empty, and has no backups in it"):
        take(open_hub(filled.data.root, clock), ME, full)
    with pytest.raises(Refused, match="backups of another hub"):
        take(open_hub(tmp_path / "another", clock), ME, to)
    with pytest.raises(Missing, match="there are no backups here"):
        restore(ME, full, tmp_path / "new", clock)
    assert (full / "thesis.txt").read_text(encoding="utf-8") == "years of work"


def test_one_backup_at_a_time(filled: Hub, to: Path) -> None:
    take(filled, ME, to)
    with (
        locked(to / "lock", doing="backing up", wait_seconds=0),
        pytest.raises(Busy, match="another command is writing"),
    ):
        take(filled, ME, to)


def test_neither_passphrase_nor_roots_keys_are_in_it(filled: Hub, to: Path) -> None:
    warnings = take(filled, ME, to).warnings
    assert any("root-1, root-2, root-3" in warning for warning in warnings)
    everything = b"".join(tree(to).values())
    assert filled.data.passphrase.read_bytes().strip() not in everything
    for number in (1, 2, 3):
        key = filled.keys.path(f"root-{number}").read_bytes()
        assert key.splitlines()[1] not in everything
    assert filled.keys.path("timestamp").read_bytes() in tree(to).values()


def test_the_database_s_password_is_not_in_it(filled: Hub, to: Path, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("correct horse\n", encoding="utf-8")
    change(filled.data.config, database_password_file=str(tmp_path / "password"))
    take(open_hub(filled.data.root, filled.clock), ME, to)
    assert not verify(to).troubles
    assert b"correct horse" not in b"".join(tree(to).values())


def test_by_commands(filled: Hub, to: Path, new: New, passphrase: Path) -> None:
    hub = Commands(filled.data.root)
    said = hub.say("backup", to, "--keep", "3")
    assert "files" in said
    name = hub.json("backup", to)["name"]
    assert name in hub.say("restore", to, "--list")
    assert name in hub.json("restore", to, "--list")["backups"]  # both may be of one second
    assert "packs 1, versions 2" in hub.say("restore", to, "--verify")
    assert hub.json("restore", to, "--verify")["troubles"] == []
    made, where = Commands(new.root), ("--database", new.databases.new())
    assert "Signed anew" in made.say("--passphrase-file", passphrase, "restore", to, *where)
    assert "versions 2" in made.say("status")
    shutil.rmtree(to / "content")
    code, words = hub.fail("restore", to, "--verify")
    assert code == 6
    assert "wouldn't make the hub anew" in words
