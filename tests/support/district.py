"""A district's hub and its schools' boxes, as processes that people start; they meet over HTTP."""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import node_process
from tests.support.packs import make_demo
from tests.support.source_code import CHECKOUT

_SECONDS_MAX = 60
_PEERS = "\n[peers]\nfind = {find}\nnamed = [{named}]\n"


@dataclass
class Box:
    """A school's box: its data directory, and what the hub calls it."""

    root: Path
    node: str = ""

    def run(self, *arguments: str | Path) -> tuple[int, dict[str, Any]]:
        """Run a command of the node; return how it ended, and what it says to scripts."""
        done = node_process.run(*arguments, "--data", self.root, "--json")
        return done.returncode, json.loads(done.stdout or done.stderr)

    def status(self) -> dict[str, Any]:
        return self.run("status")[1]

    def versions(self, status: dict[str, Any] | None = None) -> dict[str, int]:
        """Each pack's version of which every lesson is open."""
        packs = (status or self.status())["packs"]
        return {each["pack"]: each["version"] for each in packs
                if each["lessons_ready"] == each["lessons_total"]}  # fmt: skip

    def set_up(
        self,
        *,
        cut_off: bool = False,
        media: Path | None = None,
        peers: Sequence[str] = (),
        find: bool = False,
        poll_seconds: int = 900,
    ) -> None:
        """Let it lose its hub, look for sticks at `media`, ask these neighbours, find others.

        `find`: only in a network of its own; no test says anything to a real one.
        """
        file = self.root / "node.toml"
        text = file.read_text(encoding="utf-8").partition("\n[peers]")[0]
        if cut_off:
            nowhere = f"folder = {json.dumps(str(self.root / 'nowhere'))}"
            text = re.sub(r'(?m)^hub = ".*"$', nowhere, text)
        text = re.sub(r"(?m)^poll_seconds = .*$", f"poll_seconds = {poll_seconds}", text)
        if media:
            text = f"couriers = [{json.dumps(str(media))}]\n{text}"
        text += _PEERS.format(find=json.dumps(find), named=", ".join(map(json.dumps, peers)))
        file.write_text(text, encoding="utf-8")

    def running(
        self, *, host: str = "127.0.0.1", under: Sequence[str] = ()
    ) -> AbstractContextManager[str]:
        """Let it run, `under` another program; give the address of its site, without a scheme."""
        return node_process.site(self.root, host=host, under=under)


@dataclass
class District:
    """The hub, below `folder`, and where it listens while it serves."""

    folder: Path
    url: str = ""

    def hub(self, *arguments: str | Path, ends: int = 0) -> dict[str, Any]:
        """Run a command of the hub that has to end so; return what it says to scripts."""
        done = subprocess.run(
            [*_command(*arguments), "--data", str(self.folder / "hub"), "--json"],
            cwd=CHECKOUT, env=node_process.environment(), capture_output=True, text=True,
            timeout=_SECONDS_MAX, check=False,
        )  # fmt: skip
        assert done.returncode == ends, done.stdout + done.stderr
        found: dict[str, Any] = json.loads(done.stdout or done.stderr)
        return found

    def codes(self, *more: str) -> list[str]:
        """Codes for boxes of the school."""
        return [str(each["code"]) for each in self.hub("enrol-codes", "qamdo", *more)["codes"]]

    def release(self, version: int, **options: Any) -> None:
        """Publish a version of the pack `demo`, and offer it."""
        cpack = self.folder / f"demo-{version}.cpack"
        make_demo(cpack, version=version, **options)
        self.hub("publish", cpack, "--release", "main")

    def box(self, name: str) -> Box:
        """A box that knows the hub's address and its root of trust, and no more."""
        made = Box(self.folder / name)
        root = self.folder / "hub" / "repository" / "metadata" / "1.root.json"
        ended, said = made.run("init", "--hub", self.url, "--trust", root)
        assert ended == 0, said
        made.set_up()
        return made

    def enrolled(self, name: str, code: str) -> Box:
        """A box that a technician enrolled, and that was confirmed by its fingerprint."""
        made = self.box(name)
        ended, said = made.run("enrol", code)
        assert (ended, said["state"]) == (0, "pending"), said
        waiting = self.hub("nodes", "list", "--pending")["nodes"]
        [made.node] = [
            each["node"] for each in waiting
            if said["fingerprint"] in {key["fingerprint"] for key in each["keys"]}
        ]  # fmt: skip
        self.hub("nodes", "confirm", made.node, "--fingerprint", said["fingerprint"])
        assert made.run("sync")[0] == 0
        return made

    def audit(self, event: str, keyid: str) -> list[dict[str, Any]]:
        """What the audit log says of one kind about one key, the newest first."""
        entries = self.hub("audit", "--event", event, "--most", "200")["entries"]
        return [each for each in entries if each["keyid"] == keyid]

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Let the hub serve; `url` is its address."""
        with tempfile.TemporaryFile("w+") as errors:
            process = subprocess.Popen(
                _command("serve", "--port", "0", "--data", self.folder / "hub"),
                cwd=CHECKOUT, env=node_process.environment() | {"PYTHONUNBUFFERED": "1"},
                stdout=subprocess.PIPE, stderr=errors, text=True,
            )  # fmt: skip
            assert process.stdout
            try:
                self.url = process.stdout.readline().split()[-1]
                yield
            finally:
                process.terminate()
                process.wait(_SECONDS_MAX)
                process.stdout.close()


def _command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "hub.cli", *map(str, arguments)]


@contextmanager
def a_district(folder: Path) -> Iterator[District]:
    """A hub that serves version 1 of a pack, and a school, which has no box yet."""
    found = District(folder)
    found.hub("init")
    found.hub("schools", "add", "qamdo", "--district", "east", "--title", "Qamdo No. 7")
    found.release(1, video_bytes=100_000)
    with found.serving():
        yield found
