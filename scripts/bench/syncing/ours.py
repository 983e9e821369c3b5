"""Us, as shipped: hub publish, release and serve, sync-node init and sync."""

import filecmp
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

from content_packs import manifest
from content_packs.manifest import Manifest
from scripts.bench.syncing import trees
from scripts.bench.syncing.course import LIBRARY, PACK
from scripts.bench.syncing.peer import Peer
from scripts.bench.syncing.trees import Tree
from scripts.bench.syncing.using import Failed, Used, cpu_so_far, run
from scripts.bench.syncing.versions import Versions
from scripts.bench.syncing.wire import Link
from scripts.demonstration import programs

CHANNEL = "main"
_SOURCE = re.compile(r'^(hub|folder) = ".*"$', re.MULTILINE)
_LOOK_SECONDS = 0.02


class HubServer:
    """`hub serve`, until it is closed."""

    def __init__(self, data: Path) -> None:
        self._server = programs.Server(
            "hub", "serve", "--data", data, "--port", "0", log=data.with_suffix(".log")
        )
        self.port = urlsplit(self._server.address).port or 0
        self._before = self.cpu_seconds()

    def cpu_seconds(self) -> float:
        """Return what it took so far."""
        return cpu_so_far(self._server.process.pid)

    def close(self) -> Used:
        """Stop it, and return what it took since it listened."""
        used = Used(self.cpu_seconds() - self._before, self._server.peak_memory())
        self._server.stop()
        return used


class Hub:
    """An author's one folder, in which each version is written over the one before; and a hub."""

    def __init__(self, place: Path, versions: Versions, like: "Hub | None" = None) -> None:
        """Begin with nothing, or where another is."""
        self._versions = versions
        self.data, self._folder = place / "hub", place / "folder"
        if like:
            shutil.copytree(like.data, self.data)
            shutil.copytree(like._folder, self._folder)  # noqa: SLF001 - one of its own kind
            return
        self._folder.mkdir(parents=True)
        run(*programs.command("hub", "init", "--data", self.data, "--channel", CHANNEL))

    @property
    def root(self) -> Path:
        """Where the root of trust is."""
        return self.data / "repository" / "metadata" / "1.root.json"

    def publish(self, number: int) -> Used:
        """Build a version, publish it and release it: one command, as an author does it."""
        put(self._versions.folder(number), self._folder)
        pack = PACK if number else LIBRARY
        used = self._publish(self._folder)
        self._versions.expect(number, self._newest(pack))
        return used

    def publish_folder(self, folder: Path) -> Used:
        """Make a folder's content the next version, publish it and release it."""
        put(folder, self._folder)
        return self._publish(self._folder)

    def make_deltas(self) -> Used:
        """Make the deltas that a publish leaves to `hub serve`: those of nodes left behind."""
        return run(*programs.command("hub", "deltas", "--data", self.data))

    def _publish(self, folder: Path) -> Used:
        given = ("publish", folder, "--release", CHANNEL, "--data", self.data)
        return run(*programs.command("hub", *given))

    def _newest(self, pack: str) -> Manifest:
        """Return the manifest that was published last."""
        stored = (self.data / "repository" / "manifests" / pack).iterdir()
        newest = max(stored, key=lambda path: path.stat().st_mtime_ns)
        return manifest.unpack(newest.read_bytes())

    def serve(self) -> HubServer:
        """Start serving."""
        return HubServer(self.data)


def put(new: Path, folder: Path) -> None:
    """Make `folder` hold what `new` holds, as an author would: what is the same isn't touched."""
    wanted = {path.relative_to(new) for path in new.rglob("*") if path.is_file()}
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        if path.relative_to(folder) not in wanted:
            path.unlink()
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
    for path in wanted:
        there = folder / path
        there.parent.mkdir(parents=True, exist_ok=True)
        if not there.exists() or not filecmp.cmp(new / path, there, shallow=False):
            shutil.copyfile(new / path, there)


class Node:
    """A node's data directory, and what is done with it."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def follow(self, address: str, trust: Path) -> None:
        """Ask the hub at this address from now on; a node that isn't one yet is made."""
        if not self.data.exists():
            self._init("--hub", address, trust)
        config = self.data / "node.toml"
        text = config.read_text(encoding="utf-8")
        config.write_text(_SOURCE.sub(f'hub = "{address}"', text), encoding="utf-8")

    def sync_from_stick(self, repository: Path) -> None:
        """Make a node, and bring it what a repository's copy in a folder has."""
        trust = repository / "metadata" / "1.root.json"
        self._init("--folder", repository, trust)
        self.sync()

    def _init(self, source: str, where: str | Path, trust: Path) -> None:
        given = (source, where, "--trust", trust, "--channel", CHANNEL, "--data", self.data)
        run(*programs.command("sync-node", "init", *given))

    def sync(self) -> Used:
        """Do one tick."""
        return run(*self._sync())

    def _sync(self) -> list[str]:
        return programs.command("sync-node", "sync", "--data", self.data)

    def sync_until(self, link: Link, down: int) -> int:
        """Do one tick, and lose power once that many bytes have come down; return how many had."""
        process = subprocess.Popen(
            self._sync(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        while link.crossed().down < down and process.poll() is None:
            time.sleep(_LOOK_SECONDS / 4)
        if process.poll() is not None:
            raise Failed(f"the sync was over before {down} bytes had come")
        os.killpg(process.pid, signal.SIGKILL)
        had_come = link.crossed().down
        process.wait()
        return had_come

    def readiness(self, link: Link, quicker: float) -> list[tuple[int, int]]:
        """Do one tick; return after how many bytes how many lessons were ready, at each change.

        The link becomes `quicker`, in bytes per second, once the first is ready.
        """
        process = subprocess.Popen(
            self._sync(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        steps = [(0, 0)]
        while process.poll() is None:
            ready = self.lessons_ready()  # before the bytes: it is never said too early
            if ready != steps[-1][1]:
                steps.append((link.crossed().down, ready))
                link.quicken(quicker)
            time.sleep(_LOOK_SECONDS)
        if process.returncode:
            raise Failed(f"sync-node sync ended with {process.returncode}")
        steps.append((link.crossed().down, self.lessons_ready()))
        return steps

    def lessons_ready(self) -> int:
        """Return how many lessons can be opened now."""
        place = self.data / "node.db"
        try:
            database = sqlite3.connect(f"file:{place}?mode=ro", uri=True)
        except sqlite3.OperationalError:
            return 0
        try:
            return int(database.execute("select count(*) from lesson_row").fetchone()[0])
        except sqlite3.OperationalError:  # its tables are being made
            return 0
        finally:
            database.close()

    def check(self, tree: Tree, pack: str, version: int) -> None:
        """Raise `Failed` where the store lacks a file of the tree, or a lesson isn't open."""
        held = trees.look(self.data / "store").digests
        wrong = [path for path, digest in held.items() if not path.endswith(f"/{digest}")]
        missing = set(tree.digests.values()) - set(held.values())
        if wrong or missing:
            raise Failed(f"{len(missing)} files are missing in the store, {len(wrong)} are wrong")
        status = programs.run_json("sync-node", "status", "--data", self.data)
        packs = [
            (found["version"], found["lessons_ready"] == found["lessons_total"])
            for found in status["packs"]
            if found["pack"] == pack
        ]
        if packs != [(version, True)]:
            raise Failed(f"the node's lessons aren't those of {pack} {version}: {packs}")

    def copy(self, place: Path) -> "Node":
        """Return a node that is what this one is."""
        shutil.copytree(self.data, place)
        return Node(place)


class Satchel(Peer):
    """A hub and a node, as the bench asks it of all."""

    name, program = "Satchel", "sync-node"

    def __init__(self, place: Path, versions: Versions) -> None:
        super().__init__(place)
        self.hub = Hub(self.publisher, versions)
        self.box = Node(self.node / "data")

    def publish(self, version: int, tree: Tree) -> Used:  # noqa: ARG002 - all peers have it
        """Build it, publish it, release it."""
        return self.hub.publish(version)

    def serve(self) -> HubServer:
        """Start the hub."""
        return self.hub.serve()

    def fetch(self, version: int, link: Link) -> Used:  # noqa: ARG002 - all peers have it
        """Sync."""
        self.box.follow(link.address, self.hub.root)
        return self.box.sync()

    def result(self, version: int) -> Path:  # noqa: ARG002 - all peers have it
        """Return the node's store: files by digest."""
        return self.box.data / "store"

    def check(self, version: int, tree: Tree) -> None:
        """Raise `Failed` where the node hasn't that tree, or its lessons aren't open."""
        self.box.check(tree, PACK, version)
