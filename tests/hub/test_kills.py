"""kill -9 at the very moments that matter: everything is old or new, and the work goes on.

strace kills the command as it enters its N-th call of a kind: a rename, an fsync, an unlink, or a
write of the database.
"""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from content_packs.repository import is_place
from hub import channels, delta_files, deltas
from hub.audit import checking
from hub.clock import system_clock
from hub.edition import read_edition
from hub.fleet import audit
from hub.fleet.audit import Event
from hub.hub import Hub, open_hub
from hub.initialising import initialise
from hub.people.actor import of_this_machine
from hub.publishing import publish
from hub.releasing import Terms, release, withdraw
from hub.settling import changing
from hub.versions import expect_version, versions_of
from tests.hub.clients import Client, client_of, tree
from tests.support.hub_databases import HubDatabases

STRACE = shutil.which("strace")

pytestmark = pytest.mark.skipif(STRACE is None, reason="strace is not installed")

# The calls of a kind that Linux has, on every architecture (aarch64 has no rename or unlink).
KINDS = {
    "rename": "/^rename",
    "fsync": "fsync",
    "unlink": "/^unlink",
    "database": "/^(pwrite64|fdatasync)$",
}


def killed(kind: str, number: int, *arguments: str) -> bool:
    """Run `hub` and kill it at its `number`-th call; return False if it ended before."""
    calls = KINDS[kind]
    command = [str(STRACE), "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}"]
    inject = f"inject={calls}:signal=SIGKILL:when={number}"
    ended = subprocess.run(
        [*command, "-e", inject, sys.executable, "-m", "hub.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if "ptrace" in ended.stderr.lower():
        pytest.skip(f"strace may not trace here: {ended.stderr.strip()[:200]}")
    assert ended.returncode in {0, -signal.SIGKILL, 128 + signal.SIGKILL}, ended.stderr
    return ended.returncode != 0


def moments(calls: dict[str, int], *quick: tuple[str, int]) -> list[object]:
    """Return every moment among so many `calls` of each kind; all but the `quick` are long."""
    found: list[object] = []
    for kind, most in calls.items():
        for number in range(1, most + 1):
            marks = () if (kind, number) in quick else pytest.mark.long
            found.append(pytest.param(kind, number, marks=marks, id=f"{kind}-{number}"))
    return found


@pytest.fixture
def root(prepared: Path, tmp_path: Path, databases: HubDatabases) -> Path:
    return databases.copy_hub(prepared, tmp_path / "hub")


@pytest.fixture
def client(root: Path, tmp_path: Path) -> Client:
    return client_of(root, tmp_path / "client")


def content(hub: Hub) -> dict[str, bytes]:
    return {
        name: data
        for name, data in tree(hub.data.repository).items()
        if not name.startswith("metadata/")
    }


def assert_in_the_log(hub: Hub, event: Event, reason: str, *, of_the_killed: bool) -> None:
    """Assert that a deed has its line, once, of who did it; that the log is as it was written."""
    found = audit.entries(hub, event=event, most=100)
    who = [line.actor for line in found if line.reason == reason]
    assert who == [of_this_machine().login if of_the_killed else ""]
    assert not checking.check(hub, of_this_machine()).troubles
    assert not hub.data.deed.exists()


def assert_no_name_got_other_bytes(before: dict[str, bytes], after: dict[str, bytes]) -> None:
    for name, data in before.items():
        if name != "metadata/timestamp.json":
            assert after[name] == data, name


def test_strace_kills_at_the_call_that_is_named_and_at_no_other(root: Path) -> None:
    arguments = ("release", "--data", str(root), "demo", "--version", "2", "--channel", "main")
    assert killed("rename", 1, *arguments)
    assert not killed("rename", 1_000, *arguments)


@pytest.mark.parametrize(
    ("kind", "number"),
    moments(
        {"rename": 9, "fsync": 22, "unlink": 18, "database": 80},
        ("rename", 5),
        ("rename", 7),
        ("fsync", 16),
        ("unlink", 3),
        ("database", 20),
    ),
)
def test_a_publish_that_is_killed(
    root: Path, client: Client, cpacks: dict[str, Path], kind: str, number: int
) -> None:
    before = tree(root / "repository")
    killed(kind, number, "publish", "--data", str(root), str(cpacks["3"]))
    # Nodes see what they saw.
    assert client.versions() == {"demo": 1}
    assert client.files(client.offers()[0])
    # Whatever comes next finds the repository as it was, or with all of the new version.
    hub = open_hub(root, system_clock)
    with changing(hub, "looking"):
        pass
    after = tree(hub.data.repository)
    assert_no_name_got_other_bytes(before, after)
    came = versions_of(hub, "demo")[0].version == 3
    assert came or after == before
    assert list(hub.data.incoming.iterdir()) == []
    # And the work goes on.
    assert publish(hub, cpacks["3"]).already == came
    assert_in_the_log(hub, "published", "demo 3", of_the_killed=came)
    release(hub, "demo", 3, "main", Terms())
    (offer,) = client.offers()
    assert offer.version == 3
    assert client.files(offer)


@pytest.fixture(scope="session")
def whole_delta(
    prepared: Path,
    tmp_path_factory: pytest.TempPathFactory,
    lasting_databases: HubDatabases,
) -> dict[str, bytes]:
    """The delta from demo 1 to 2, by its place, as an undisturbed command makes it."""
    root = lasting_databases.copy_hub(prepared, tmp_path_factory.mktemp("undisturbed") / "hub")
    hub = open_hub(root, system_clock)
    assert delta_files.make(hub, deltas.wanted(hub))
    return {name: data for name, data in tree(hub.data.repository).items() if is_delta(name)}


def is_delta(name: str) -> bool:
    return name.startswith("deltas/")


@pytest.mark.parametrize(
    ("kind", "number"),
    moments(
        {"rename": 1, "fsync": 4, "unlink": 2, "database": 32},
        ("rename", 1),
        ("fsync", 3),
        ("fsync", 4),
        ("database", 4),
        ("database", 8),
    ),
)
def test_a_delta_whose_making_is_killed(
    root: Path, whole_delta: dict[str, bytes], kind: str, number: int
) -> None:
    before = tree(root / "repository")
    killed(kind, number, "deltas", "--data", str(root))
    after = tree(root / "repository")
    # What can be asked for is there whole, or not at all; nothing else was touched.
    made = {name: data for name, data in after.items() if is_delta(name) and is_place(name)}
    assert made in ({}, whole_delta)
    assert {name: data for name, data in after.items() if not is_delta(name)} == before
    # What the hub knows of it is so.
    hub = open_hub(root, system_clock)
    if deltas.known(hub, deltas.wanted(hub)):
        assert made == whole_delta
    # And the work goes on: nothing half is left.
    delta_files.make(hub, deltas.wanted(hub))
    found = {name: data for name, data in tree(root / "repository").items() if is_delta(name)}
    assert found == whole_delta
    assert [one.stored for one in deltas.known(hub, deltas.wanted(hub))] == [
        len(data) for data in whole_delta.values()
    ]


@pytest.mark.parametrize(
    ("kind", "number"),
    moments(
        {"rename": 6, "fsync": 16, "unlink": 37, "database": 180},
        ("rename", 3),
        ("rename", 6),
        ("fsync", 15),
        ("unlink", 35),
        ("database", 8),
    ),
)
def test_a_release_that_is_killed(root: Path, client: Client, kind: str, number: int) -> None:
    before = tree(root / "repository")
    arguments = ("release", "--data", str(root), "demo", "--version", "2", "--channel", "main")
    killed(kind, number, *arguments)
    in_force = client.versions() == {"demo": 2}
    assert in_force or client.versions() == {"demo": 1}
    hub = open_hub(root, system_clock)
    assert release(hub, "demo", 2, "main", Terms()).already == in_force
    assert client.versions() == {"demo": 2}
    assert_in_the_log(hub, "released", "demo 2 on main", of_the_killed=in_force)
    assert_no_name_got_other_bytes(before, tree(hub.data.repository))
    # What the history says is what was offered, in that order.
    assert withdraw(hub, "demo", 2).could_fall_back_to == {"main": 1}


@pytest.mark.parametrize(
    ("kind", "number"),
    moments({"rename": 4, "fsync": 9, "unlink": 25, "database": 120}, ("fsync", 8), ("unlink", 19)),
)
def test_a_withdrawal_that_is_killed(root: Path, client: Client, kind: str, number: int) -> None:
    killed(kind, number, "withdraw", "--data", str(root), "demo", "--version", "1")
    in_force = client.versions() == {}
    hub = open_hub(root, system_clock)
    with changing(hub, "looking"):
        pass
    # Nothing is half withdrawn: what no school is offered any more can't be released either.
    assert bool(expect_version(hub, "demo", 1).withdrawn_at) == in_force
    assert withdraw(hub, "demo", 1).already == in_force
    assert_in_the_log(hub, "withdrawn", "demo 1 for good", of_the_killed=in_force)


@pytest.mark.parametrize(
    ("kind", "number"),
    moments({"rename": 6, "fsync": 13, "unlink": 13, "database": 72}, ("rename", 6), ("fsync", 12)),
)
def test_a_new_channel_whose_adding_is_killed(root: Path, kind: str, number: int) -> None:
    killed(kind, number, "channels", "add", "--data", str(root), "north")
    in_force = "north" in read_edition(root / "repository" / "metadata").channels
    hub = open_hub(root, system_clock)
    assert channels.add_channel(hub, "north") != in_force
    assert_in_the_log(hub, "channel-added", "north", of_the_killed=in_force)


@pytest.mark.parametrize(
    ("kind", "number"),
    moments({"rename": 19, "fsync": 44, "unlink": 7, "database": 96}, ("rename", 11), ("fsync", 5)),
)
def test_an_init_that_is_killed(tmp_path: Path, kind: str, number: int) -> None:
    root = tmp_path / "hub"
    if killed(kind, number, "init", "--data", str(root)) and not (root / "hub.toml").exists():
        initialise(root, "main", system_clock)
    assert client_of(root, tmp_path / "client").versions() == {}
    assert open_hub(root, system_clock).keys.has("root-3")
