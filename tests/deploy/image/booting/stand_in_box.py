"""A stand-in for a box with two slots: `python stand_in_box.py FOLDER FAULT QEMU-ARGUMENTS...`.

It starts a slot by the loader's entries on the card, counts down as the loader does, writes what is
offered into the other slot over the card's socket, and shows a technician's page. `FOLDER/offered`
says which system there is, of which kind; `FOLDER/box.json` is what the box remembers. `FAULT` is
what it does wrong: “none”; “forgets” what failed; “stays” in the old one.
"""

import json
import re
import socket
import struct
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from os import _exit
from pathlib import Path

from content_packs import systems
from deploy.image import boot_files, system_packs
from deploy.image.booting.box_page import STATES
from deploy.image.booting.updates import loader_entries

FOLDER, FAULT, WORDS = Path(sys.argv[1]), sys.argv[2], " ".join(sys.argv)
CARD = FOLDER / "card.img"
TRIAL_SECONDS, STARTING_SECONDS, PIECE = 5.0, 0.7, 4096


@dataclass
class Memory:
    """What the box remembers. `ready`: the system in the other slot, 0 for none."""

    versions: dict[str, int] = field(default_factory=lambda: {"a": 1, "b": 0})
    kinds: dict[str, str] = field(default_factory=lambda: {"a": "good", "b": ""})
    ready: int = 0
    failed: list[int] = field(default_factory=list)
    slot: str = "a"
    state: str = "current"

    def keep(self) -> None:
        part = FOLDER / "box.json.part"
        part.write_text(json.dumps(asdict(self)))
        part.replace(FOLDER / "box.json")


def remembered() -> Memory:
    path = FOLDER / "box.json"
    return Memory(**json.loads(path.read_text())) if path.exists() else Memory()


def on_card(program: str, *words: str, given: bytes = b"") -> None:
    at = f"{CARD}@@{system_packs.partitions(CARD)[systems.BOOT].start}"
    subprocess.run([program, "-i", at, *words], check=True, input=given)


def put_entry(slot: str, name: str, version: int) -> None:
    for old in loader_entries(CARD):
        if old.startswith(f"satchel-{slot}"):
            on_card("mdel", f"::{boot_files.ENTRIES}/{old}")
    if name:
        text = boot_files.entry(slot, version).encode()
        on_card("mcopy", "-", f"::{boot_files.ENTRIES}/{name}", given=text)


def start(memory: Memory) -> None:
    """Choose a slot by the loader's entries, and count its try."""
    found = []
    for name, text in loader_entries(CARD).items():
        if read := boot_files.read_entry_name(name):
            version = int(re.findall(r"^version (\d+)$", text, re.MULTILINE)[0])
            found.append((read[1] == 0, -version, read))
    _, version, (slot, left, used) = min(found)
    if left:
        put_entry(slot, f"satchel-{slot}+{left - 1}-{used + 1}.conf", -version)
    other = systems.SLOTS[1 - systems.SLOTS.index(memory.slot)]
    if slot == memory.slot and memory.ready and left is None and used_up(other):
        memory.failed += [] if FAULT == "forgets" else [memory.ready]
        memory.ready = 0
        put_entry(other, "", 0)
    memory.state = "trying" if slot != memory.slot else "current"
    memory.slot = slot


def used_up(slot: str) -> bool:
    return any(
        (read := boot_files.read_entry_name(name)) and read[:2] == (slot, 0)
        for name in loader_entries(CARD)
    )


def write(memory: Memory) -> None:
    """Write the system on offer into the other slot, piece by piece."""
    version, kind = json.loads((FOLDER / "offered").read_text())
    memory.state = "writing"
    slot = systems.SLOTS[1 - systems.SLOTS.index(memory.slot)]
    region = system_packs.partitions(CARD)[f"system-{slot}"]
    place = re.search(r"server\.path=(\S+)", WORDS)
    assert place
    with socket.socket(socket.AF_UNIX) as card:
        card.connect(place[1])
        card.recv(18, socket.MSG_WAITALL)
        card.sendall(struct.pack(">I", 3) + struct.pack(">8sII", b"IHAVEOPT", 1, 0))
        card.recv(10, socket.MSG_WAITALL)
        for at in range(0, 300_000, PIECE):
            card.sendall(
                struct.pack(">IHHQQI", 0x25609513, 0, 1, 7, region.start + at, PIECE)
                + bytes([version]) * PIECE
            )
            card.recv(16, socket.MSG_WAITALL)
            time.sleep(0.01)
    memory.versions[slot], memory.kinds[slot] = version, kind
    memory.ready, memory.state = version, "ready"
    memory.keep()


def settle(memory: Memory) -> None:
    time.sleep(TRIAL_SECONDS)
    version = memory.versions[memory.slot]
    put_entry(memory.slot, boot_files.entry_name(memory.slot), version)
    memory.ready, memory.state = 0, "current"
    memory.keep()


def start_again(memory: Memory) -> None:
    slot = systems.SLOTS[1 - systems.SLOTS.index(memory.slot)]
    if FAULT != "stays":
        put_entry(slot, boot_files.entry_name(slot, 3), memory.ready)
    memory.keep()
    time.sleep(0.3)
    _exit(0)


class Site(BaseHTTPRequestHandler):
    """The pages that the trial opens."""

    memory: Memory

    def do_GET(self) -> None:
        memory = self.memory
        slot, state = memory.slot, memory.state
        words = "System {} was tried, and the box went back by itself."
        failed = "".join(map(words.format, memory.failed))
        page = (
            f'<section id="system">System {self.memory.versions[slot]}<br>in slot {slot} of two '
            f"{STATES[state]} {failed}</section>"
        )
        self._answer(200, page)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/box/sync-now":
            self._answer(303, "", "/box?done=sync")
            version = json.loads((FOLDER / "offered").read_text())[0]
            runs = self.memory.versions[self.memory.slot]
            if runs < version and version not in (self.memory.ready, *self.memory.failed):
                threading.Thread(target=write, args=[self.memory], daemon=True).start()
        elif self.path == "/box/system/start":
            self._answer(303, "", "/box?done=system")
            threading.Thread(target=start_again, args=[self.memory], daemon=True).start()
        else:
            self._answer(303, "", "/box")

    def _answer(self, status: int, page: str, place: str = "") -> None:
        self.send_response(status)
        if place:
            self.send_header("Location", place)
        self.send_header("Content-Length", str(len(page.encode())))
        self.end_headers()
        self.wfile.write(page.encode())

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    memory = remembered()
    old = memory.slot
    start(memory)
    kind = memory.kinds[memory.slot]
    time.sleep(STARTING_SECONDS)
    if memory.state == "trying" and kind != "good":
        if kind == "mute":
            put_entry(memory.slot, "", 0)
            memory.failed.append(memory.versions[memory.slot])
            memory.ready = 0
            memory.slot = old
            memory.keep()
        return
    if memory.state == "trying":
        threading.Thread(target=settle, args=[memory], daemon=True).start()
    else:
        memory.keep()
        offered = FOLDER / "offered"
        if offered.exists() and memory.versions[memory.slot] < json.loads(offered.read_text())[0]:
            version = json.loads(offered.read_text())[0]
            if memory.ready == version:
                memory.state = "ready"
            elif version not in memory.failed:
                threading.Thread(target=write, args=[memory], daemon=True).start()
    Site.memory = memory
    port = re.search(r"hostfwd=tcp:127\.0\.0\.1:([0-9]+)-", WORDS)
    assert port
    ThreadingHTTPServer(("127.0.0.1", int(port[1])), Site).serve_forever()


main()
