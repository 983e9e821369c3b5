"""A Debian 12 of its own on this machine: made by debootstrap, with systemd as its first process.

It has its own processes, mounts, name, network and sockets; all of its network is one wire to this
machine, on which only the mirror of Debian answers (and what a trial adds). It ends, with all that
runs in it, when the trial does. Needs root, debootstrap, util-linux and iproute2.
"""

import contextlib
import os
import shutil
import socket
import socketserver
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from deploy.hub.errors import NotReady, StepFailed

RELEASE = "bookworm"
BOOT_SECONDS_MAX = 120.0
COMMAND_SECONDS_MAX = 1_800
NEEDED = ("debootstrap", "unshare", "nsenter", "ip")
_BOOT = Path(__file__).with_name("boot-root")
_COPY_BYTES = 65_536


def check_tools() -> None:
    """Refuse where this can't be tried. Raises `NotReady`."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if os.geteuid() != 0 or missing:
        raise NotReady(
            f"this needs root{', and ' + ', '.join(missing) if missing else ''}",
            hint="apt-get install debootstrap iproute2; then run it as root.",
        )


@lru_cache
def mirror() -> str:
    """Return where this machine's apt gets Debian 12 from, over http. Raises `NotReady`."""
    form = ["apt-get", "indextargets", "--format", "$(CODENAME) $(SITE)"]
    told = subprocess.run(form, check=False, capture_output=True, text=True).stdout
    for line in told.splitlines():
        release, _, site = line.partition(" ")
        if release == RELEASE and urlsplit(site).scheme == "http":
            return site.rstrip("/")
    raise NotReady(
        f"this machine's apt has no source of Debian's {RELEASE} over http",
        hint="Name one in /etc/apt/sources.list, and run apt-get update.",
    )


def _mirror_host() -> str:
    return urlsplit(mirror()).hostname or ""


def make_base(work: Path, tell: "Tell") -> Path:
    """Return the folder of a fresh Debian 12, made once. Raises `StepFailed`."""
    base = work / "base"
    if not base.is_dir():
        tell("debootstrap")
        part = work / "base.part"
        shutil.rmtree(part, ignore_errors=True)
        _do("debootstrap", RELEASE, str(part), mirror())
        part.rename(base)
    return base


@dataclass
class Root:
    """A root that runs. `host`, `own`: this machine's address on its wire, and its own there."""

    folder: Path
    pid: int
    host: str
    own: str

    def run(self, script: str, *, expect: int = 0, seconds_max: float = COMMAND_SECONDS_MAX) -> str:
        """Run lines of shell as its root, in its root's home. Raises `StepFailed`."""
        command = ["nsenter", "-t", str(self.pid), *_NAMESPACES, "-r", "-w", "--",
                   "/bin/sh", "-eu", "-c", f"cd /root\n{script}"]  # fmt: skip
        clean = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                 "HOME": "/root", "LANG": "C.UTF-8"}  # fmt: skip
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False, env=clean,
            timeout=seconds_max, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if done.returncode != expect:
            raise StepFailed(
                f"in the fresh root, ended with {done.returncode}, expected {expect}:\n{script}\n"
                f"--\n{done.stdout[-4_000:]}\n{done.stderr[-4_000:]}"
            )
        return done.stdout + (done.stderr if expect else "")

    def bring(self, source: Path, place: str) -> None:
        """Copy a file or folder into it."""
        target = self.folder / place.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copy(source, target)


class Tell:
    """Says what goes on, with the seconds since the beginning."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, line: str) -> None:
        """Say a line."""
        print(f"[{time.monotonic() - self._began:6.0f} s] {line}", flush=True)  # noqa: T201


_NAMESPACES = ("-m", "-u", "-i", "-p", "-n", "-C")


@contextmanager
def running(work: Path, name: str, number: int, tell: Tell) -> Iterator[Root]:
    """Run a fresh root until the block ends. `number`: of its wire, to 255. Raises `StepFailed`."""
    folder = work / f"root-{name}"
    shutil.rmtree(folder, ignore_errors=True)
    _do("cp", "-a", "--reflink=auto", str(make_base(work, tell)), str(folder))
    debs = work / "debs"
    debs.mkdir(exist_ok=True)
    host, own = f"10.93.{number}.1", f"10.93.{number}.2"
    hosts = f"127.0.0.1 localhost\n{host} {_mirror_host()}\n127.0.0.1 hub.example.org\n"
    (folder / "etc/hosts").write_text(hosts)
    (folder / "etc/hostname").write_text("hub\n")
    log = work / f"{name}.log"
    tell(f"a fresh root, {name}")
    with log.open("wb") as output:
        started = subprocess.Popen(
            ["/bin/sh", str(_BOOT), "outside", name, str(folder), str(debs)],
            stdout=output, stderr=output, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    try:
        root = Root(folder, _child(started), host, own)
        _wire(root.pid, number, host, own)
        with _forwarding(host):
            _wait(root, log)
            yield root
    finally:
        started.kill()
        started.wait()
        subprocess.run(["ip", "link", "delete", f"satchelh{number}"], check=False,
                       stderr=subprocess.DEVNULL)  # fmt: skip


def _wire(pid: int, number: int, host: str, own: str) -> None:
    here, there = f"satchelh{number}", f"satchelr{number}"
    subprocess.run(["ip", "link", "delete", here], check=False, stderr=subprocess.DEVNULL)
    _do("ip", "link", "add", here, "type", "veth", "peer", "name", there)
    _do("ip", "link", "set", there, "netns", str(pid))
    _do("ip", "address", "add", f"{host}/30", "dev", here)
    _do("ip", "link", "set", here, "up")
    inside = ("nsenter", "-t", str(pid), "-n", "ip")
    _do(*inside, "link", "set", "lo", "up")
    _do(*inside, "address", "add", f"{own}/30", "dev", there)
    _do(*inside, "link", "set", there, "up")


def _child(started: "subprocess.Popen[bytes]") -> int:
    """Return the first process of the root: the child of `unshare`."""
    until = time.monotonic() + BOOT_SECONDS_MAX
    own = Path(f"/proc/{started.pid}")
    while time.monotonic() < until and started.poll() is None:
        is_there = (own / "comm").read_text().strip() == "unshare"  # a shell before that
        if is_there and (found := (own / f"task/{started.pid}/children").read_text().split()):
            return int(found[0])
        time.sleep(0.05)
    raise StepFailed("the fresh root doesn't begin", hint="Its log is in the work folder.")


def _wait(root: Root, log: Path) -> None:
    """Wait until its systemd says that it runs."""
    until = time.monotonic() + BOOT_SECONDS_MAX
    while time.monotonic() < until:
        with contextlib.suppress(StepFailed, subprocess.TimeoutExpired):
            if "running" in root.run("systemctl is-system-running || true", seconds_max=20):
                return
        time.sleep(0.5)
    raise StepFailed(f"the fresh root doesn't come up: {log.read_text(errors='replace')[-2_000:]}")


class _Passing(socketserver.BaseRequestHandler):
    """Passes one connection on to Debian's mirror."""

    def handle(self) -> None:
        """Pass bytes both ways until one side ends."""
        with socket.create_connection((_mirror_host(), 80), timeout=60) as far:
            back = threading.Thread(target=_copy, args=(far, self.request), daemon=True)
            back.start()
            _copy(self.request, far)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(_COPY_BYTES):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def _forwarding(host: str) -> Iterator[None]:
    with _Server((host, 80), _Passing) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()


def _do(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StepFailed(f"`{' '.join(command)}` failed: {(done.stderr or done.stdout)[-2_000:]}")
