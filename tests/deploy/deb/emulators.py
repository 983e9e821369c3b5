"""A machine with a kernel of Debian's and USB: what a system in nspawn has not.

It is emulated, so it is slow. Its second serial line brings lines of shell to it and answers back.
"""

import base64
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

QEMU = "qemu-system-x86_64"
SECONDS_MAX = 900.0  # for a start or a step, on a machine with much else to do
ROOT_BYTES = 3 << 30
_ANSWERER = """\
stty raw -echo < /dev/ttyS1
while read -r line; do
  echo "$line" | base64 -d > /run/asked
  sh /run/asked > /run/told 2>&1 < /dev/null; code=$?
  echo "$code $(base64 -w 0 /run/told)"
done < /dev/ttyS1 > /dev/ttyS1
"""
_UNIT = """\
[Unit]
After=basic.target
[Service]
ExecStart=/bin/sh /usr/lib/trial-answers
[Install]
WantedBy=multi-user.target
"""


def make_disk(root: Path, disk: Path) -> None:
    """Make the disk of a machine of a root file system, which then answers."""
    (root / "usr/lib/trial-answers").write_text(_ANSWERER)
    (root / "etc/systemd/system/trial.service").write_text(_UNIT)
    wants = root / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True, exist_ok=True)
    (wants / "trial.service").symlink_to("/etc/systemd/system/trial.service")
    (root / "etc/fstab").write_text("/dev/vda / ext4 rw 0 1\n")
    disk.write_bytes(b"")
    with disk.open("r+b") as file:
        file.truncate(ROOT_BYTES)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", root, disk], check=True)


class Machine:
    """One that runs. Sticks: by the names that they are plugged in and pulled by."""

    def __init__(self, root: Path, disk: Path, sticks: dict[str, Path], work: Path) -> None:
        self.log = work / "console"
        (kernel,) = (root / "boot").glob("vmlinuz-*")
        (initrd,) = (root / "boot").glob("initrd.img-*")
        words = [
            QEMU, "-M", "q35", "-cpu", "max", "-m", "768", "-smp", "2", "-accel", "tcg",
            "-nodefaults", "-display", "none", "-no-reboot", "-nic", "none",
            "-serial", f"file:{self.log}",
            "-serial", f"unix:{work}/shell,server=on,wait=off",
            "-monitor", f"unix:{work}/monitor,server=on,wait=off",
            "-kernel", str(kernel), "-initrd", str(initrd),
            "-append", "root=/dev/vda rw console=ttyS0 quiet systemd.show_status=0",
            "-drive", f"file={disk},format=raw,if=virtio,cache=unsafe", "-device", "qemu-xhci",
        ]  # fmt: skip
        for name, path in sticks.items():
            locked = "on" if name.startswith("locked") else "off"
            disk_of = f"driver=raw,node-name={name},read-only={locked}"
            words += ["-blockdev", f"{disk_of},file.driver=file,file.filename={path}"]
        self.qemu = subprocess.Popen(words, stdin=subprocess.DEVNULL)
        self._shell = self._connect(work / "shell")
        self._monitor = self._connect(work / "monitor")
        self._answers = self._shell.makefile("rb")

    def _connect(self, path: Path) -> socket.socket:
        until = time.monotonic() + SECONDS_MAX
        while True:
            line = socket.socket(socket.AF_UNIX)
            with suppress(OSError):
                line.connect(str(path))
                line.settimeout(SECONDS_MAX)
                return line
            assert self.qemu.poll() is None, "qemu has ended"
            assert time.monotonic() < until, "qemu doesn't begin"
            time.sleep(0.1)

    def end(self) -> None:
        """Switch it off, as it is."""
        self.qemu.kill()
        self.qemu.wait()

    def run(self, script: str) -> tuple[int, str]:
        """Run lines of shell in it; return how they ended, and what they said."""
        self._shell.sendall(base64.b64encode(script.encode()) + b"\n")
        try:
            code, _, told = self._answers.readline().decode().strip().partition(" ")
        except TimeoutError:
            raise AssertionError(self.log.read_text(errors="replace")[-4000:]) from None
        return int(code), base64.b64decode(told).decode(errors="replace")

    def do(self, script: str) -> str:
        """Return what lines of shell say, where they end well."""
        code, told = self.run(script)
        assert code == 0, f"{script}\n{told}"
        return told.strip()

    def wait(self, script: str, *, seconds: float = SECONDS_MAX) -> None:
        """Wait until lines of shell end well."""
        until = time.monotonic() + seconds
        while self.run(script)[0] != 0:
            assert time.monotonic() < until, f"{script}\n{self.run('journalctl -b | tail -40')[1]}"
            time.sleep(1)

    def plug_in(self, name: str) -> None:
        """Put a stick in. One whose name begins with `locked` has its switch set."""
        self._tell(f"device_add usb-storage,drive={name},id=in-{name},removable=on")

    def pull(self, name: str) -> None:
        """Pull a stick."""
        self._tell(f"device_del in-{name}")

    def _tell(self, command: str) -> None:
        self._monitor.sendall(f"{command}\n".encode())
