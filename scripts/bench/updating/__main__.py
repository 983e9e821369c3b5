"""What a system update costs a school's link: from one image's system to another's.

A hub publishes the older system and a node of the right machine fetches it; then the newer one, of
which the hub makes its delta. What crosses the link is counted to the byte (`syncing/wire.py`), all
overhead included. The node is one as shipped; that its box has two slots, it is told in a file as
root would tell it (sync_node/STATE.md, «Systems»).
"""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from content_packs import systems
from content_packs.errors import SatchelError
from content_packs.manifest import Manifest
from deploy.image import system_packs
from scripts.bench.syncing.ours import HubServer
from scripts.bench.syncing.report import MB
from scripts.bench.syncing.using import Failed, run
from scripts.bench.syncing.wire import Link
from scripts.demonstration import programs
from scripts.demonstration.programs import ProgramFailed

_WHAT = (__doc__ or "").split("\n", 1)[0]


@dataclass(frozen=True)
class Brought:
    """A system that was brought: bytes of its files, those down the link, and requests.

    `squashfs`: of its root file system; `publish_seconds` and `deltas_seconds`: the hub's CPU.
    """

    version: int
    files: int
    squashfs: int
    down: int
    requests: int
    publish_seconds: float
    deltas_seconds: float


class District:
    """A hub and one node, below `place`."""

    def __init__(self, place: Path) -> None:
        self._hub, self._node, self._place = place / "hub", place / "node", place
        run(*programs.command("hub", "init", "--data", self._hub))
        run(*programs.command("hub", "channels", "add", systems.CHANNEL, "--data", self._hub))

    def bring(self, image: Path, runs: int) -> Brought:
        """Bring an image's system to the node of a box that runs the version `runs`."""
        cpack = self._place / "system.cpack"
        made = system_packs.make(image, cpack, self._place / "work")
        number, data = str(made.version), ("--data", self._hub)
        published = run(*programs.command("hub", "publish", cpack, *data))
        run(*programs.command("hub", "release", made.pack, "--version", number, "--channel",
                              systems.CHANNEL, *data))  # fmt: skip
        deltas = run(*programs.command("hub", "deltas", *data))
        server = HubServer(self._hub)
        link = Link(server.port, 0.0)
        try:
            self._sync(link.address, made, runs)
        finally:
            link.close()
            server.close()
        crossed = link.crossed()
        size = made.by_path[systems.SQUASHFS].size
        return Brought(
            made.version,
            made.size,
            size,
            crossed.down,
            crossed.requests,
            published.cpu_seconds,
            deltas.cpu_seconds,
        )

    def _sync(self, address: str, made: Manifest, runs: int) -> None:
        data = ("--data", self._node)
        if not self._node.exists():
            root = self._hub / "repository/metadata/1.root.json"
            run(*programs.command("sync-node", "init", "--hub", address, "--trust", root, *data))
        config = self._node / "node.toml"
        lines = config.read_text(encoding="utf-8").splitlines()
        lines = [f'hub = "{address}"' if line.startswith("hub = ") else line for line in lines]
        config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        arch = made.system.arch if made.system else ""
        said = {"format": 1, "boot": "bench", "arch": arch, "slot": "a", "version": runs}
        (self._node / "run").mkdir(exist_ok=True)
        (self._node / "run/system.json").write_text(json.dumps(said), encoding="utf-8")
        run(*programs.command("sync-node", "sync", "--now", *data))
        held = self._node / "manifests"
        if not any(made.pack in path.read_text() and f'"version":{made.version}' in path.read_text()
                   for path in held.glob("*.json")):  # fmt: skip
            raise Failed(f"the node didn't take system {made.version}: {sorted(held.iterdir())}")


def table(found: list[Brought]) -> str:
    """Return it as a table of Markdown."""
    lines = ["| system | files | squashfs | down | requests | share | publish, deltas (CPU) |",
             "|---|---|---|---|---|---|---|"]  # fmt: skip
    lines += [
        f"| {one.version} | {one.files / MB:.1f} MB | {one.squashfs / MB:.1f} MB | "
        f"{one.down / MB:.2f} MB | {one.requests} | {one.down / one.files:.1%} | "
        f"{one.publish_seconds:.1f} s, {one.deltas_seconds:.1f} s |"
        for one in found
    ]
    return "\n".join(lines)


def main() -> None:
    """Bring the older, then the newer, and print what it cost."""
    parser = argparse.ArgumentParser(prog="scripts/bench/update", description=_WHAT)
    parser.add_argument("older", type=Path, help="an image as built, not compressed")
    parser.add_argument("newer", type=Path)
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-update-") as place:
        try:
            district = District(Path(place))
            first = district.bring(given.older, 1)
            found = [first, district.bring(given.newer, first.version)]
        except (Failed, ProgramFailed, SatchelError) as failure:
            sys.exit(f"error: {failure}")
    if given.json:
        given.json.write_text(json.dumps([asdict(one) for one in found]), encoding="utf-8")
    print(table(found))


if __name__ == "__main__":
    main()
