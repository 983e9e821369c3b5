"""The hub of a trial, as a district has it: it is served, brings systems, and hears of its box."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from content_packs import systems
from content_packs.errors import Refused
from deploy.image.booting.emulator import WITH_US, free_port
from deploy.image.booting.preparing import command

_SECONDS_TO_BEGIN = 120.0
_SECONDS_TO_END = 30.0


@dataclass(frozen=True)
class Heard:
    """What the hub last heard of the box's systems. `failed`: versions that didn't serve."""

    version: int
    slot: str
    ready: int = 0
    failed: tuple[int, ...] = ()


@dataclass(frozen=True)
class District:
    """The hub in the folder `data`, served at `port` of this machine."""

    data: Path
    port: int

    def bring(self, cpack: Path, pack: str, version: int) -> None:
        """Publish a system and offer it to all boxes. Raises `Refused`."""
        data = ("--data", str(self.data))
        command("hub", "publish", *data, str(cpack))
        command("hub", "release", *data, pack, "--version", str(version),
                "--channel", systems.CHANNEL)  # fmt: skip

    def welcome(self) -> bool:
        """Let the box be a node that asks to be one; say whether it did. Raises `Refused`.

        An officer does so to whom the box's fingerprint was read.
        """
        asks = [node for node in self._nodes() if node["pending"]]
        for node in asks:
            shown = ("--fingerprint", node["keys"][0]["fingerprint"])
            command("hub", "nodes", "confirm", node["node"], *shown, "--data", str(self.data))
        return bool(asks)

    def heard(self) -> Heard | None:
        """Return what the box said last; None where it said nothing yet. Raises `Refused`."""
        for node in self._nodes()[:1]:
            data = ("--data", str(self.data), "--json")
            return read_heard(command("hub", "nodes", "show", node["node"], *data))
        return None

    def _nodes(self) -> list[dict[str, Any]]:
        listed = command("hub", "nodes", "list", "--data", str(self.data), "--json")
        nodes: list[dict[str, Any]] = json.loads(listed)["nodes"]
        return nodes


def read_heard(text: str) -> Heard | None:
    """Return what `hub nodes show --json` says of a box's systems; None where it says nothing."""
    reports = [kept["report"] for kept in json.loads(text)["reports"]]
    newest = max(reports, key=lambda report: str(report["at"]), default=None)
    if newest is None or not (slots := newest.get("slots")):
        return None
    failed = tuple(slots.get("failed", ()))
    return Heard(slots["version"], slots["slot"], slots.get("ready", 0), failed)


@contextmanager
def served(data: Path, log: Path) -> Iterator[District]:
    """Serve the hub in the folder `data`; it ends with the `with` block. Raises `Refused`."""
    port = free_port()
    words = [*WITH_US, str(Path(sys.executable).with_name("hub")), "serve", "--data", str(data),
             "--host", "127.0.0.1", "--port", str(port)]  # fmt: skip
    with log.open("ab") as errors:
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=errors, stderr=subprocess.STDOUT
        )
    try:
        end = time.monotonic() + _SECONDS_TO_BEGIN
        while b"listening on" not in log.read_bytes():
            if process.poll() is not None or time.monotonic() > end:
                raise Refused(f"the hub isn't served: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.2)
        yield District(data, port)
    finally:
        process.terminate()
        try:
            process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
