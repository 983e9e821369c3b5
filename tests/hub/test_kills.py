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
from hub import delta_files, deltas
from hub.clock import system_clock
from hub.hub import Hub, open_hub
from hub.initialising import initialise
from hub.publishing import publish
from hub.releasing import Terms, release, withdraw
from hub.settling import changing
from hub.versions import versions_of
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
    moments({"rename": 3, "fsync": 6, "unlink": 8, "database": 37}, ("rename", 2), ("rename", 3)),
)
def test_a_release_that_is_killed(root: Path, client: Client, kind: str, number: int) -> None:
    before = tree(root / "repository")
    arguments = ("release", "--data", str(root), "demo", "--version", "2", "--channel", "main")
    killed(kind, number, *arguments)
    assert client.versions() in ({"demo": 1}, {"demo": 2})
    hub = open_hub(root, system_clock)
    release(hub, "demo", 2, "main", Terms())
    assert client.versions() == {"demo": 2}
    assert_no_name_got_other_bytes(before, tree(hub.data.repository))
    # What the history says is what was offered, in that order.
    assert withdraw(hub, "demo", 2).could_fall_back_to == {"main": 1}


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
