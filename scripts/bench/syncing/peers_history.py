"""Peers that keep a history of trees: ostree's static deltas, git."""

import shutil
from pathlib import Path

from scripts.bench.syncing.peer import DaemonServer, Peer, Server, WebServer, free_port
from scripts.bench.syncing.trees import Tree
from scripts.bench.syncing.using import Used, run
from scripts.bench.syncing.wire import Link

_BRANCH = "course"


class Ostree(Peer):
    """ostree: a static delta in one file, made for the version before, applied offline."""

    name, program = "ostree static delta", "ostree"

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self._repository = f"--repo={self.publisher / 'repository'}"
        self._held = f"--repo={self.node / 'repository'}"
        run("ostree", self._repository, "init", "--mode=archive")
        run("ostree", self._held, "init", "--mode=bare-user-only")

    def publish(self, version: int, tree: Tree) -> Used:
        """Commit the tree, and make the delta to it."""
        used = run(
            "ostree", self._repository, "commit", f"--branch={_BRANCH}", "--canonical-permissions",
            tree.folder,
        )  # fmt: skip
        begin = (f"--from={_BRANCH}^",) if version > 1 else ("--empty",)
        return used + run(
            "ostree", self._repository, "static-delta", "generate", *begin, "--inline",
            "--min-fallback-size=0", f"--filename={self.publisher / f'{version}.delta'}",
            f"--to={_BRANCH}",
        )  # fmt: skip

    def serve(self) -> Server:
        """Start a plain web server."""
        return WebServer(self.publisher)

    def fetch(self, version: int, link: Link) -> Used:
        """Bring the delta, apply it, and check the tree out."""
        delta = self.node / f"{version}.delta"
        used = run("curl", "-sf", "-o", delta, f"{link.address}{version}.delta")
        used += run("ostree", self._held, "static-delta", "apply-offline", delta)
        commits = self.node / "repository" / "objects"
        newest = max(commits.glob("*/*.commit"), key=lambda path: path.stat().st_mtime_ns)
        commit = newest.parent.name + newest.stem
        return used + run("ostree", self._held, "checkout", "-U", commit, self.result(version))

    def result(self, version: int) -> Path:
        """Return the folder of a version."""
        return self.node / f"course-{version}"


class Git(Peer):
    """git's own protocol; its delta search at its default width: wider ones cost many minutes."""

    name, program = "git", "git"

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self._work = self.publisher / "course"
        run("git", "init", "-q", f"--initial-branch={_BRANCH}", self._work)
        for key, value in (
            ("user.name", "bench"), ("user.email", "bench@example.org"), ("gc.auto", "0"),
            ("core.compression", "9"),
        ):  # fmt: skip
            run("git", "-C", self._work, "config", key, value)

    def publish(self, version: int, tree: Tree) -> Used:
        """Commit the tree, and pack the history anew."""
        for entry in self._work.iterdir():
            if entry.name != ".git":
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        shutil.copytree(tree.folder, self._work, dirs_exist_ok=True)
        used = run("git", "-C", self._work, "add", "-A")
        used += run("git", "-C", self._work, "commit", "-q", "-m", f"Version {version}")
        return used + run("git", "-C", self._work, "repack", "-a", "-d", "-q")

    def serve(self) -> Server:
        """Start its daemon."""
        port = free_port()
        return DaemonServer(
            port, "git", "daemon", "--export-all", "--listen=127.0.0.1", f"--port={port}",
            f"--base-path={self.publisher}",
        )  # fmt: skip

    def fetch(self, version: int, link: Link) -> Used:
        """Clone, or fetch and check out."""
        if version == 1:
            return run("git", "clone", "-q", self._address(link), self.result(version))
        held = self.result(version)
        run("git", "-C", held, "remote", "set-url", "origin", self._address(link))
        return run("git", "-C", held, "pull", "-q", "--ff-only")

    def _address(self, link: Link) -> str:
        return f"git://127.0.0.1:{link.port}/course"

    def result(self, version: int) -> Path:  # noqa: ARG002 - all peers have it
        """Return the one folder that it keeps up to date."""
        return self.node / "course"
