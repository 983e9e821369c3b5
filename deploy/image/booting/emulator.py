"""A box in an emulator: qemu with UEFI firmware, the card as its disk, a wire, and a plug.

The board is qemu's `virt` for arm64 and `q35` for amd64. The card is a virtio disk behind an NBD
socket (nbd.py). The wire leads into the school's network: the box is its router and has its usual
address, and a port of this machine leads to its site. Nothing else of this machine can be reached,
but a hub that the trial serves, where it has one: it is at a second address of that network.
"""

import contextlib
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from content_packs.errors import Missing

BOX_ADDRESS, BOX_NETWORK, OUR_ADDRESS = "172.27.0.1", "172.27.0.0/22", "172.27.3.254"
HUB_ADDRESS = "172.27.3.253"
_WIRE = Path(__file__).with_name("wire.py")
# What nobody is left to end, a box or a hub, ends with whoever switched it on.
WITH_US = ("setpriv", "--pdeathsig", "KILL")
MEMORY_MIB = 1024  # a Raspberry Pi 3 has so much, and no box has less


@dataclass(frozen=True)
class Board:
    """What an architecture is emulated by. `firmware`: its code, and its empty variables."""

    program: str
    package: str
    arguments: tuple[str, ...]
    firmware: tuple[Path, Path]


BOARDS: Mapping[str, Board] = {
    "arm64": Board(
        "qemu-system-aarch64",
        "qemu-system-arm qemu-efi-aarch64",
        # A Pi 4's core, with less to compute than newer ones (pointer authentication).
        ("-M", "virt,gic-version=3", "-cpu", "cortex-a72"),
        (Path("/usr/share/AAVMF/AAVMF_CODE.fd"), Path("/usr/share/AAVMF/AAVMF_VARS.fd")),
    ),
    "amd64": Board(
        "qemu-system-x86_64",
        "qemu-system-x86 ovmf",
        ("-M", "q35", "-cpu", "max"),
        (Path("/usr/share/OVMF/OVMF_CODE.fd"), Path("/usr/share/OVMF/OVMF_VARS.fd")),
    ),
}


@dataclass
class Box:
    """A box with its card at the NBD socket `card`; its firmware's variables lie in `folder`.

    `hub_port`: of this machine, which the box reaches as port 80 of `HUB_ADDRESS`; 0 for none.
    `is_alone`: it has two wires that lead to each other, and none to this machine. Its time then
    goes by what it computes: what radios expect within milliseconds comes in time, however busy
    this machine is.
    """

    board: Board
    folder: Path
    card: Path
    port: int = 0
    processors: int = 2
    hub_port: int = 0
    is_alone: bool = False
    started_at: float = 0.0
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """Where its site is, for this machine."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def serial_log(self) -> Path:
        """What it said on its serial line since it was switched on."""
        return self.folder / "serial.log"

    def switch_on(self) -> None:
        """Start it. Raises `Missing` where a program or its firmware isn't installed."""
        command = self._command()
        variables = self.folder / "variables.fd"
        if not variables.exists():
            shutil.copyfile(self.board.firmware[1], variables)
        self.port = free_port()
        errors = (self.folder / "qemu.log").open("ab")
        with errors:
            self._process = subprocess.Popen(
                [*WITH_US, *command, *self._network()],
                stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
            )  # fmt: skip
        self.started_at = time.monotonic()

    def pull_the_plug(self) -> None:
        """Take the power away, in the middle of whatever it does."""
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def is_on(self) -> bool:
        """Whether it runs; False once it has switched itself off or wants to start again."""
        return self._process is not None and self._process.poll() is None

    def seconds_on(self) -> float:
        """Return how long ago it was switched on."""
        return time.monotonic() - self.started_at

    def computed_seconds(self) -> float:
        """Return how long it has computed so far, on all processors of this machine together."""
        if not self._process:
            return 0.0
        with contextlib.suppress(FileNotFoundError):
            text = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii")
            fields = text.rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return 0.0

    def last_words(self, lines: int = 25) -> str:
        """Return the end of its serial log, for a message."""
        with contextlib.suppress(FileNotFoundError):
            text = self.serial_log.read_text(encoding="utf-8", errors="replace")
            return "\n".join(text.replace("\r", "").splitlines()[-lines:])
        return ""

    def _command(self) -> list[str]:
        program = shutil.which(self.board.program)
        if not program or not all(path.exists() for path in self.board.firmware):
            raise Missing(
                f"{self.board.program} or its firmware isn't installed",
                hint=f"apt-get install {self.board.package}",
            )
        code = self.board.firmware[0]
        return [
            program, *self.board.arguments,
            *self._acceleration(), "-smp", str(self.processors), "-m", str(MEMORY_MIB),
            "-nodefaults", "-display", "none", "-no-reboot",
            "-serial", f"file:{self.serial_log}",
            "-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={code}",
            "-drive", f"if=pflash,format=raw,unit=1,file={self.folder / 'variables.fd'}",
            "-blockdev", f"driver=nbd,node-name=card,server.type=unix,server.path={self.card}",
            "-device", "virtio-blk-pci,drive=card,bootindex=1",
            "-device", "virtio-rng-pci",
        ]  # fmt: skip

    def _acceleration(self) -> list[str]:
        """Compute it: a /dev/kvm that is there doesn't always work, and then nothing starts."""
        if self.is_alone:
            # Four nanoseconds an instruction: with one, a minute of a phone's patience took more
            # than ten of ours.
            counted = ["-icount", "shift=2,sleep=on", "-rtc", "clock=vm"]
            return ["-accel", "tcg,thread=single", *counted]
        return ["-accel", "tcg,thread=multi"]

    def _network(self) -> list[str]:
        if self.is_alone:
            ends = [("-netdev", f"hubport,id=wire{end},hubid=0", "-device",
                     f"virtio-net-pci,netdev=wire{end},romfile=") for end in (0, 1)]  # fmt: skip
            return [word for end in ends for word in end]
        forward = f"hostfwd=tcp:127.0.0.1:{self.port}-{BOX_ADDRESS}:80"
        if self.hub_port:
            # A program for each connection; what this machine offers otherwise stays out of reach.
            program = shlex.join([sys.executable, "-I", "-S", str(_WIRE), str(self.hub_port)])
            forward += f",guestfwd=tcp:{HUB_ADDRESS}:80-cmd:{program.replace(',', ',,')}"
        return [
            "-netdev", f"user,id=wire,restrict=on,net={BOX_NETWORK},host={OUR_ADDRESS},{forward}",
            "-device", "virtio-net-pci,netdev=wire,romfile=",
        ]  # fmt: skip


def free_port() -> int:
    """Return a port of this machine that nobody listens at just now."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port
