"""What the demonstration does, told as it goes: a hub and a node, two packs, and their versions.

The node is enrolled as every box is: a code on paper, a claim, a fingerprint to compare.
"""

import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from content_packs import enrolment_codes
from scripts.demonstration.link import CountingLink
from scripts.demonstration.programs import Server, run, run_json, stop_all

PACKS = ("fractions", "water-cycle")
CHANNEL = "main"
SITE_PORT = 8080
DISTRICT = "east"
SCHOOL = "valley"


@dataclass(frozen=True)
class Sync:
    """One sync: what the node says of it, and the bytes that crossed the link, headers and all."""

    tick: dict[str, Any]
    down: int
    up: int


@dataclass
class Stage:
    """The programs and folders of a demonstration, all below `folder`."""

    folder: Path
    say: Callable[[str], None]
    servers: list[Server] = field(default_factory=list)
    link: CountingLink | None = None
    site: Server | None = None

    @property
    def hub_data(self) -> Path:
        """The hub's data directory."""
        return self.folder / "hub"

    @property
    def node_data(self) -> Path:
        """The node's data directory."""
        return self.folder / "node"

    def cpack(self, pack: str, version: int) -> Path:
        """Where a version's cpack is."""
        return self.folder / "cpacks" / f"{pack}-{version}.cpack"

    def start_hub(self) -> None:
        """Make a hub where there is none yet, and start it."""
        if not (self.hub_data / "hub.toml").exists():
            self.say("A hub: its keys, its root of trust, and the channel `main` (hub init)")
            run("hub", "init", "--data", self.hub_data, "--channel", CHANNEL)
        hub = Server(
            "hub", "serve", "--data", self.hub_data, "--port", "0", log=self.folder / "hub.log"
        )
        self.servers.append(hub)
        self.link = CountingLink(urlsplit(hub.address).port or 0)
        self.say(f"The hub listens at {hub.address} (hub serve)")

    def way_into_the_console(self) -> str:
        """Return the link by which somebody who looks after all schools sets a password.

        Where there is such a person already, from an earlier time, the page to sign in.
        """
        address = self.servers[0].address.rstrip("/")
        people = run_json("hub", "people", "list", "--data", self.hub_data)["people"]
        if people:
            return f"{address}/console/"
        added = run_json(
            "hub", "people", "add", "officer", "--role", "administrator", "--data", self.hub_data
        )
        return f"{address}{urlsplit(added['link']['address']).path}"

    def make_packs(self, version: int) -> None:
        """Make the sample packs' folders and build them, but those that are there already."""
        folders = self.folder / f"folders-{version}"
        if not folders.exists():
            self.say(f"Version {version} of two packs: pictures drawn, videos filmed and narrated")
            self.say("  (content-packs samples; a minute or so)")
            unfinished = self.folder / f"folders-{version}.unfinished"
            run("content-packs", "samples", unfinished, "--version", str(version))
            unfinished.rename(folders)
        for pack in PACKS:
            out = self.cpack(pack, version)
            if not out.exists():
                run("content-packs", "build", folders / pack, "--output", out)
                run("content-packs", "verify", out)
            size = out.stat().st_size / 1e6
            self.say(f"  {out.name}: {size:.1f} MB, every byte verified (content-packs build)")

    def release(self, pack: str, version: int) -> None:
        """Publish a version and release it on the channel."""
        data = ("--data", self.hub_data)
        run("hub", "publish", self.cpack(pack, version), *data)
        run("hub", "release", pack, "--version", str(version), "--channel", CHANNEL, *data)
        self.say(f"{pack} {version} is published and released (hub publish, hub release)")

    def make_node(self) -> None:
        """Make the node, which trusts the hub by its root alone."""
        if self.link is None:
            raise ValueError("the hub comes first")
        if not (self.node_data / "node.toml").exists():
            root = self.hub_data / "repository" / "metadata" / "1.root.json"
            run(
                "sync-node", "init", "--hub", self.link.address, "--trust", root,
                "--channel", CHANNEL, "--data", self.node_data,
            )  # fmt: skip
            no_neighbours(self.node_data)
            self.say("A node that follows the hub, and trusts it by its root (sync-node init)")
            self.enrol()

    def enrol(self) -> None:
        """Make the box a node of a school, as a technician and somebody at the hub would."""
        code = self.code_for(SCHOOL)
        said = run_json("sync-node", "enrol", code, "--data", self.node_data)
        self.confirm(said["fingerprint"])
        run("sync-node", "sync", "--data", self.node_data)

    def code_for(self, school: str) -> str:
        """Add a school, and return a code for its box, as it is printed on a sheet."""
        data = ("--data", self.hub_data)
        run("hub", "schools", "add", school, "--district", DISTRICT, *data)
        [made] = run_json("hub", "enrol-codes", school, *data)["codes"]
        shown = enrolment_codes.shown(made["code"])
        self.say(f"The school {school} has a code for its box on paper: {shown} (hub enrol-codes)")
        return shown

    def confirm(self, fingerprint: str) -> str:
        """Let the box with this fingerprint, as it was read to us, be a node; return its name."""
        data = ("--data", self.hub_data)
        waiting = run_json("hub", "nodes", "list", "--pending", *data)["nodes"]
        node = next(
            str(each["node"]) for each in waiting
            if fingerprint in {key["fingerprint"] for key in each["keys"]}
        )  # fmt: skip
        run("hub", "nodes", "confirm", node, "--fingerprint", fingerprint, *data)
        self.say(
            f"  box and hub show the same fingerprint, {fingerprint}: it is {node} from now on"
        )
        self.say("  (sync-node enrol, hub nodes confirm)")
        return node

    def sync(self) -> Sync:
        """Sync once, and return what crossed the link."""
        if self.link is None:
            raise ValueError("the hub comes first")
        self.link.take()
        tick = run_json("sync-node", "sync", "--data", self.node_data)
        return Sync(tick, *self.link.take())

    def open_site(self, host: str, port: int) -> str:
        """Start the school's site, with the engine beside it; return its address."""
        self.site = Server(
            "sync-node", "run", "--data", self.node_data, "--host", host, "--port", str(port),
            log=self.folder / "node.log",
        )  # fmt: skip
        self.servers.append(self.site)
        return self.site.address

    def close(self) -> None:
        """Stop everything."""
        stop_all(self.servers)
        self.servers.clear()
        if self.link:
            self.link.close()


def no_neighbours(node_data: Path) -> None:
    """Let a node look for no neighbours: all that is to be seen here is on this machine."""
    with (node_data / "node.toml").open("a", encoding="utf-8") as file:
        file.write("\n[peers]\nfind = false\n")


def free_port(host: str, wanted: int) -> int:
    """Return `wanted` if it can be listened on, else 0: any."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, wanted))
        except OSError:
            return 0
    return wanted


def addresses_on_the_wifi() -> list[str]:
    """Return this machine's own addresses, as phones on the same Wi-Fi see them."""
    try:
        found = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return []
    return [address for address in found.stdout.split() if ":" not in address]
