"""Peers that compare files or archives: rsync, zsync, zchunk, casync."""

from pathlib import Path

from scripts.bench.syncing.peer import DaemonServer, Peer, Server, WebServer, free_port
from scripts.bench.syncing.trees import Tree
from scripts.bench.syncing.using import Used, run
from scripts.bench.syncing.wire import Link

_RSYNC_CONFIG = """\
use chroot = no
[course]
path = {path}
read only = yes
"""
_SAME_EACH_TIME = ("--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner")


class Rsync(Peer):
    """rsync's daemon; zstd at its own level, renamed files looked for in the same folder.

    A higher level saves 3 MB of the first sync, and costs the server minutes for each school.
    """

    name, program = "rsync -z (zstd)", "rsync"

    def publish(self, version: int, tree: Tree) -> Used:  # noqa: ARG002 - all peers have it
        """Point the daemon's module to the tree: there is nothing to prepare."""
        module = self.publisher / "course"
        module.unlink(missing_ok=True)
        module.symlink_to(tree.folder)
        config = _RSYNC_CONFIG.format(path=module)
        (self.publisher / "rsyncd.conf").write_text(config, encoding="utf-8")
        return Used()

    def serve(self) -> Server:
        """Start its daemon."""
        port = free_port()
        return DaemonServer(
            port, "rsync", "--daemon", "--no-detach", "--address=127.0.0.1", f"--port={port}",
            f"--config={self.publisher / 'rsyncd.conf'}",
        )  # fmt: skip

    def fetch(self, version: int, link: Link) -> Used:
        """Bring the folder up to date."""
        return run(
            "rsync", "-rt", "--delete-after", "--fuzzy", "--compress", "--compress-choice=zstd",
            f"rsync://127.0.0.1:{link.port}/course/", self.result(version),
        )  # fmt: skip

    def result(self, version: int) -> Path:  # noqa: ARG002 - all peers have it
        """Return the one folder that it keeps up to date."""
        return self.node / "course"


class _Archives(Peer):
    """Peers that bring one archive; the node keeps the one before, and unpacks the new one."""

    def serve(self) -> Server:
        """Start a plain web server."""
        return WebServer(self.publisher)

    def result(self, version: int) -> Path:
        """Return the folder of a version."""
        return self.node / f"course-{version}"

    def _pack(self, version: int, tree: Tree) -> tuple[Path, Used]:
        tar = self.publisher / f"course-{version}.tar"
        return tar, run("tar", *_SAME_EACH_TIME, "-cf", tar, "-C", tree.folder, ".")

    def _unpack(self, version: int, tar: Path) -> Used:
        self.result(version).mkdir()
        return run("tar", "-xf", tar, "-C", self.result(version))


class Zsync(_Archives):
    """zsync of a tar, whose blocks lie compressed on the server."""

    name, program = "zsync (recompressed tar)", "zsync"

    def publish(self, version: int, tree: Tree) -> Used:
        """Make the archive and its index."""
        tar, used = self._pack(version, tree)
        return used + run("zsyncmake", "-z", tar.name, cwd=self.publisher)

    def fetch(self, version: int, link: Link) -> Used:
        """Bring the archive, and unpack it."""
        tar = self.node / f"course-{version}.tar"
        before = self.node / f"course-{version - 1}.tar"
        seed = ("-i", before.name) if before.exists() else ()
        index = f"{link.address}course-{version}.tar.zsync"
        used = run("zsync", "-q", *seed, index, cwd=self.node)
        packed = tar.with_suffix(".tar.gz")
        if packed.exists():
            used += run("gzip", "-d", packed)
        return used + self._unpack(version, tar)


class Zchunk(_Archives):
    """zchunk of a tar."""

    name, program = "zchunk", "zck"

    def publish(self, version: int, tree: Tree) -> Used:
        """Make the archive in chunks."""
        tar, used = self._pack(version, tree)
        return used + run("zck", "-o", tar.with_suffix(".zck"), tar)

    def fetch(self, version: int, link: Link) -> Used:
        """Bring the chunks that the archive before hasn't, and unpack."""
        before = self.node / f"course-{version - 1}.zck"
        seed = ("-s", before.name) if before.exists() else ()
        name = f"course-{version}.zck"
        used = run("zckdl", "-q", *seed, f"{link.address}{name}", cwd=self.node)
        used += run("unzck", name, cwd=self.node)
        tar = self.node / f"course-{version}.tar"
        unnamed = self.node / f"course-{version}"  # what unzck names it: without .zck
        if unnamed.is_file():
            unnamed.rename(tar)
        return used + self._unpack(version, tar)


class Casync(Peer):
    """casync of the tree, chunks of 64 KiB on average, with the folder before as a seed."""

    name, program = "casync (64 KiB)", "casync"

    _OPTIONS = ("--digest=sha256", "--without=all", "--with=read-only")

    def publish(self, version: int, tree: Tree) -> Used:
        """Make the chunks and the index."""
        index = self.publisher / f"course-{version}.caidx"
        store = f"--store={self.publisher / 'chunks'}"
        return run("casync", "make", store, *self._OPTIONS, index, tree.folder)

    def serve(self) -> Server:
        """Start a plain web server."""
        return WebServer(self.publisher)

    def fetch(self, version: int, link: Link) -> Used:
        """Bring the index, and the chunks that the seed hasn't."""
        before = self.result(version - 1)
        seed = (f"--seed={before}",) if before.exists() else ()
        return run(
            "casync", "extract", f"--store={link.address}chunks", *seed, *self._OPTIONS,
            f"{link.address}course-{version}.caidx", self.result(version),
        )  # fmt: skip

    def result(self, version: int) -> Path:
        """Return the folder of a version."""
        return self.node / f"course-{version}"
