"""kill -9 at random points of build, publish and sync: everything is old or new, never half.

4 kills in a quick run, 200 with `scripts/test --all`. The seed is printed where one goes wrong.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from flask.testing import FlaskClient

from content_packs import cpack
from content_packs.limits import BLOCK_STORED_BYTES_MAX, MIB
from content_packs.manifest import Manifest
from scripts.demonstration.link import CountingLink
from scripts.demonstration.programs import Server, command, run, run_json
from sync_node.data_dir import DataDir
from sync_node.lan.app import create_app
from tests.support.killing import Killer, Moment, kill_often
from tests.support.packs import make_demo, random_bytes

SEED = 20_261_121
VIDEO_BYTES = 3 * MIB // 2
POLL_BYTES = 10_000
LINK_BYTES_PER_SECOND = 4_000_000
UNDER_WAY_BYTES = 1_000_000  # a quarter of a second of that link
LESSONS = ("one", "two")
MANY = [
    pytest.param(2, id="quick"),
    pytest.param(68, id="long", marks=[pytest.mark.long, pytest.mark.timeout(3_000)]),
]


@dataclass(frozen=True)
class Versions:
    """Two versions of a pack: their cpacks, and what each file has to be."""

    cpacks: dict[int, Path]
    manifests: dict[int, Manifest]
    truth: dict[int, Path]


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Versions:
    """Version 2 changes one lesson's page and films, and leaves the other alone."""
    folder = tmp_path_factory.mktemp("versions")
    found = Versions({}, {}, {})
    for version in (1, 2):
        path = folder / f"demo-{version}.cpack"
        found.manifests[version] = make_demo(
            path,
            version=version,
            lessons=LESSONS,
            video_bytes=VIDEO_BYTES,
            pages={"one": "<p>renewed</p>"} if version == 2 else None,
            seeds={"one": 7_000} if version == 2 else None,
        )
        found.cpacks[version] = path
        found.truth[version] = folder / f"truth-{version}"
        with cpack.open_cpack(path) as opened:
            cpack.extract(opened, found.truth[version])
    return found


@pytest.fixture(scope="module")
def hub_data(tmp_path_factory: pytest.TempPathFactory, versions: Versions) -> Path:
    """A hub that offers version 1."""
    data = tmp_path_factory.mktemp("hub") / "data"
    run("hub", "init", "--data", data)
    run("hub", "publish", "--data", data, versions.cpacks[1], "--release", "main")
    return data


def make_folder(folder: Path) -> Path:
    """Make a pack folder that takes a while to build."""
    run("content-packs", "new", folder)
    app = folder / "02-archive" / "archive"
    app.mkdir(parents=True)
    (app.parent / "lesson.toml").write_text('title = { en = "Archive", zh = "资料" }')
    (app / "index.html").write_text("<!doctype html><title>Archive</title>")
    for number in range(3):
        (app / f"part-{number}.dat").write_bytes(random_bytes(number, 2 * MIB))
    return folder


@pytest.mark.long
@pytest.mark.parametrize("times", MANY)
def test_a_build_that_is_killed_leaves_the_old_cpack_or_the_new(tmp_path: Path, times: int) -> None:
    folder = make_folder(tmp_path / "pack")
    out = tmp_path / "out"
    build = command("content-packs", "build", folder, "--output", out / "a.cpack")
    run("content-packs", "build", folder, "--output", out / "a.cpack", "--version", "1")
    old = (out / "a.cpack").read_bytes()
    (folder / "02-archive" / "archive" / "part-0.dat").write_bytes(random_bytes(9, MIB))
    killer = Killer(SEED)
    killer.watch(build, out, tmp_path / "log")
    new = (out / "a.cpack").read_bytes()
    assert old != new

    def once(moment: Moment) -> bool:
        shutil.rmtree(out)
        out.mkdir()
        (out / "a.cpack").write_bytes(old)
        killed = killer.kill(build, moment)
        assert (out / "a.cpack").read_bytes() in {old, new}
        run("content-packs", "verify", out / "a.cpack")
        run("content-packs", "build", folder, "--output", out / "a.cpack")
        assert {path.name: path.read_bytes() for path in out.iterdir()} == {"a.cpack": new}
        return killed

    kill_often(killer, times, once)


def content_of(data: Path) -> dict[str, bytes]:
    """Return what a hub's repository holds besides metadata, by place."""
    root = data / "repository"
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.parent.name != "metadata"
    }


def bring(data: Path, node: Path) -> dict[str, int]:
    """Let a new node bring all that a hub's repository offers, straight from its folder.

    Returns the version of each lesson. Every byte is checked.
    """
    root = data / "repository" / "metadata" / "1.root.json"
    shutil.rmtree(node, ignore_errors=True)
    run("sync-node", "init", "--folder", data / "repository", "--trust", root, "--data", node)
    tick = run_json("sync-node", "sync", "--data", node)
    assert tick["outcome"] == "updated", tick
    return {opened["lesson"]: opened["version"] for opened in tick["activated"]}


@pytest.mark.long
@pytest.mark.parametrize("times", MANY)
def test_a_publish_that_is_killed_offers_the_old_version_or_the_new(
    tmp_path: Path, times: int, versions: Versions, hub_data: Path
) -> None:
    data, node = tmp_path / "hub", tmp_path / "node"
    publish = command("hub", "publish", "--data", data, versions.cpacks[2], "--release", "main")
    shutil.copytree(hub_data, data)
    killer = Killer(SEED + 1)
    killer.watch(publish, data, tmp_path / "log")
    whole = content_of(data)

    def once(moment: Moment) -> bool:
        shutil.rmtree(data)
        shutil.copytree(hub_data, data)
        killed = killer.kill(publish, moment)
        assert bring(data, node) in [dict.fromkeys(LESSONS, version) for version in (1, 2)]
        run("hub", "publish", "--data", data, versions.cpacks[2], "--release", "main")
        assert content_of(data) == whole
        assert not list((data / "incoming").glob("*"))
        status = run_json("hub", "status", "--data", data)
        (channel,) = status["channels"]
        assert [offer["version"] for offer in channel["offers"]] == [2]
        warnings = status["warnings"]
        assert all(
            warning.startswith("root keys are still on this machine") for warning in warnings
        )
        return killed

    kill_often(killer, times, once)
    assert bring(data, node) == dict.fromkeys(LESSONS, 2)


def check_served(site: FlaskClient, node: Path, versions: Versions) -> dict[str, int]:
    """Open every lesson that a node shows as ready, and compare every byte of it.

    Returns the version of each lesson.
    """
    served = {}
    for name in LESSONS:
        film = site.get(f"/packs/demo/{name}/clip")
        if film.status_code != 200:
            continue
        (version,) = {int(found) for found in re.findall(r"/content/demo/(\d+)/", film.text)}
        held = versions.manifests[version]
        lesson = next(one for one in held.lessons if one.id == name)
        for path in sorted(lesson.required_paths()):
            answer = site.get(f"/content/demo/{version}/{quote(path)}")
            assert answer.status_code == 200, f"{name} {version} at {node}: {path}"
            assert answer.data == (versions.truth[version] / path).read_bytes(), path
        served[name] = version
    return served


@pytest.fixture(scope="module")
def link(
    tmp_path_factory: pytest.TempPathFactory, versions: Versions, hub_data: Path
) -> Iterator[CountingLink]:
    """A hub that is running and offers version 2, behind a link that counts."""
    folder = tmp_path_factory.mktemp("running")
    data = Path(shutil.copytree(hub_data, folder / "hub"))
    run("hub", "publish", "--data", data, versions.cpacks[2], "--release", "main")
    server = Server("hub", "serve", "--data", data, "--port", "0", log=folder / "log")
    counting = CountingLink(
        urlsplit(server.address).port or 0, bytes_per_second=LINK_BYTES_PER_SECOND
    )
    yield counting
    server.stop()
    counting.close()


@pytest.mark.long  # by default tests/crash/ kills syncs
@pytest.mark.parametrize("times", MANY)
def test_a_sync_that_is_killed_serves_whole_lessons_and_goes_on(
    tmp_path: Path, times: int, versions: Versions, hub_data: Path, link: CountingLink
) -> None:
    first, node = tmp_path / "first", tmp_path / "node"
    assert set(bring(hub_data, first).values()) == {1}
    config = (first / "node.toml").read_text()
    folder = f'folder = "{hub_data / "repository"}"'
    assert folder in config
    (first / "node.toml").write_text(config.replace(folder, f'hub = "{link.address}"'))
    sync = command("sync-node", "sync", "--data", node)
    shutil.copytree(first, node)
    killer = Killer(SEED + 2)
    link.take()
    killer.watch(sync, node, tmp_path / "log")
    update, _ = link.take()
    kills = 0

    def start_over() -> None:
        nonlocal kills
        shutil.rmtree(node)
        shutil.copytree(first, node)
        link.take()
        kills = 0

    def once(moment: Moment) -> bool:
        """Kill one sync; after the fourth in a row, see it through and start over."""
        nonlocal kills
        killed = killer.kill(sync, moment)
        kills += killed
        served = check_served(create_app(DataDir(node)).test_client(), node, versions)
        assert served.keys() == set(LESSONS), "what could be opened before can be opened still"
        assert served["two"] in {1, 2}
        if kills == 4 or not killed:
            run("sync-node", "sync", "--data", node)
            served = check_served(create_app(DataDir(node)).test_client(), node, versions)
            assert served == dict.fromkeys(LESSONS, 2)
            assert run_json("sync-node", "check", "--data", node)["clean"]
            assert not list((node / "incoming").iterdir())
            down, _ = link.take()
            # A kill costs one block, what was on its way between the sockets, and another poll.
            most = update + POLL_BYTES + kills * (BLOCK_STORED_BYTES_MAX + UNDER_WAY_BYTES)
            assert down <= most, "no byte twice"
            start_over()
        return killed

    start_over()
    kill_often(killer, max(4, times), once)  # four in a row are seen through
