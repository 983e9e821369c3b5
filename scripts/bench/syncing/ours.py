"""Us, as shipped: content-packs build, hub publish, release and serve, sync-node init and sync."""

import re
import shutil
from pathlib import Path
from urllib.parse import urlsplit

from scripts.bench.syncing import trees
from scripts.bench.syncing.peer import Peer
from scripts.bench.syncing.trees import Tree
from scripts.bench.syncing.using import Failed, Used, cpu_so_far, run
from scripts.bench.syncing.wire import Link
from scripts.demonstration import programs

PACK, CHANNEL = "course", "main"
_HUB = re.compile(r'^hub = ".*"$', re.MULTILINE)


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


class Satchel(Peer):
    """A hub and a node. The trees that all bring are those that our build makes of the folders."""

    name = "Satchel"

    def __init__(
        self, place: Path, folders: dict[int, Path], like: "Satchel | None" = None
    ) -> None:
        """Begin with nothing, or where another hub and its node are."""
        super().__init__(place)
        self._folders = folders
        self.hub_data, self.node_data = self.publisher / "hub", self.node / "data"
        if like:
            shutil.copytree(like.hub_data, self.hub_data)
            shutil.copytree(like.node_data, self.node_data)
            return
        run(*programs.command("hub", "init", "--data", self.hub_data, "--channel", CHANNEL))

    def build(self, version: int) -> tuple[Path, Used]:
        """Build a version's cpack, and return it."""
        cpack = self.publisher / f"{PACK}-{version}.cpack"
        folder = self._folders[version]
        return cpack, run(*programs.command("content-packs", "build", folder, "--output", cpack))

    def publish(self, version: int, tree: Tree) -> Used:  # noqa: ARG002 - all peers have it
        """Build the pack (anew: it is part of what publishing takes), publish and release it."""
        cpack, used = self.build(version)
        data = ("--data", self.hub_data)
        used += run(*programs.command("hub", "publish", cpack, *data))
        release = ("release", PACK, "--version", str(version), "--channel", CHANNEL, *data)
        return used + run(*programs.command("hub", *release))

    def serve(self) -> HubServer:
        """Start the hub."""
        return HubServer(self.hub_data)

    def fetch(self, version: int, link: Link) -> Used:  # noqa: ARG002 - all peers have it
        """Sync, once the node knows the hub."""
        self._follow(link)
        return run(*programs.command("sync-node", "sync", "--data", self.node_data))

    def _follow(self, link: Link) -> None:
        config = self.node_data / "node.toml"
        if not config.exists():
            root = self.hub_data / "repository" / "metadata" / "1.root.json"
            init = ("init", "--hub", link.address, "--trust", root, "--channel", CHANNEL)
            run(*programs.command("sync-node", *init, "--data", self.node_data))
        text = config.read_text(encoding="utf-8")
        config.write_text(_HUB.sub(f'hub = "{link.address}"', text), encoding="utf-8")

    def result(self, version: int) -> Path:  # noqa: ARG002 - all peers have it
        """Return the node's store: files by digest."""
        return self.node_data / "store"

    def check(self, version: int, tree: Tree) -> None:
        """Raise `Failed` where the store lacks a file of the tree, or a lesson isn't open."""
        held = trees.look(self.result(version)).digests
        wrong = [path for path, digest in held.items() if not path.endswith(f"/{digest}")]
        missing = set(tree.digests.values()) - set(held.values())
        if wrong or missing:
            raise Failed(f"{len(missing)} files are missing in the store, {len(wrong)} are wrong")
        status = programs.run_json("sync-node", "status", "--data", self.node_data)
        packs = [
            (pack["pack"], pack["version"], pack["lessons_ready"] == pack["lessons_total"])
            for pack in status["packs"]
        ]
        if packs != [(PACK, version, True)]:
            raise Failed(f"the node's lessons aren't those of version {version}: {packs}")
