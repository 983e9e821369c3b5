"""Programs, packages and files of this machine. What goes wrong becomes `StepFailed`."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from deploy.hub.errors import NotReady, StepFailed

SECONDS_MAX = 3_600
_SAID_LINES = 12
_READS_ALL = (  # the last for access(2), by which a program asks beforehand what it may read
    "--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search",
    "--securebits=+no_setuid_fixup",
)  # fmt: skip


def run(
    *command: str | Path,
    user: str = "",
    reads_all: bool = False,
    environment: Mapping[str, str] | None = None,
    seconds_max: float = SECONDS_MAX,
) -> str:
    """Run a program, and return its output. Raises `StepFailed`.

    `user`: who runs it; `reads_all`: who may read what is root's, too, such as a backup in /root.
    """
    words = [str(word) for word in command]
    if reads_all:
        words = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", *_READS_ALL,
                 "--", *words]  # fmt: skip
    elif user:
        words = ["runuser", "-u", user, "--", *words]
    try:
        done = subprocess.run(
            words,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=seconds_max,
            stdin=subprocess.DEVNULL,
            cwd="/",
            umask=0o027 if user else -1,
            env={**os.environ, "LC_ALL": "C.UTF-8", **(environment or {})},
        )
    except subprocess.TimeoutExpired as error:
        raise StepFailed(
            f"{words[0]} took more than {seconds_max:.0f} s: {' '.join(words)}"
        ) from error
    except OSError as error:
        raise StepFailed(f"{words[0]} can't be run: {error.strerror}") from error
    if done.returncode:
        said = "\n".join((done.stderr or done.stdout).strip().splitlines()[-_SAID_LINES:])
        raise StepFailed(
            f"`{' '.join(words)}` failed with {done.returncode}:\n{said}",
            hint="Once its cause is gone, run install again: it goes on where it was.",
        )
    return done.stdout


def write(path: Path, data: str | bytes, *, mode: int = 0o644, owner: str = "root") -> bool:
    """Put a file in place, whole or not at all, durably; return whether it was another before."""
    raw = data.encode() if isinstance(data, str) else data
    try:
        make_folder(path.parent)
        if path.is_file() and not path.is_symlink() and path.read_bytes() == raw:
            _belong(path, owner, mode)
            return False
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        part = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            _belong(part, owner, mode)
            part.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                part.unlink()
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise StepFailed(f"{path}: {error.strerror}") from error
    return True


def make_folder(path: Path, *, mode: int = 0o755, owner: str = "") -> None:
    """Make a folder where there is none; with `owner`, have it be theirs. Raises `StepFailed`."""
    try:
        path.mkdir(mode=mode, parents=True, exist_ok=True)
        if owner:
            _belong(path, owner, mode)
    except OSError as error:
        raise StepFailed(f"{path}: {error.strerror}") from error


def link(path: Path, target: Path) -> None:
    """Have `path` lead to `target`, in one step. Raises `StepFailed`."""
    part = path.with_name(f".{path.name}.new")
    try:
        part.unlink(missing_ok=True)
        part.symlink_to(target)
        part.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise StepFailed(f"{path}: {error.strerror}") from error


def read_given(path: str, *, bytes_max: int) -> bytes:
    """Return a file that somebody named. Raises `NotReady`."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(bytes_max + 1)
    except OSError as error:
        raise NotReady(f"{path}: can't be read: {error.strerror}", hint="Name another.") from error
    if not data or len(data) > bytes_max:
        raise NotReady(f"{path}: is {'empty' if not data else 'too large to be what it should be'}")
    return data


def install_packages(*names: str) -> None:
    """Install the Debian packages that are missing. Raises `StepFailed`."""
    missing = [name for name in names if not is_installed(name)]
    if not missing:
        return
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run("apt-get", "-q", "update", environment=quiet)
    # Settings that somebody put there before the package stay: it asks nobody.
    keep = ("-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold")
    plain = ("-y", "--no-install-recommends", *keep)
    run("apt-get", "-q", "install", *plain, *missing, environment=quiet)


def is_installed(name: str) -> bool:
    """Return whether a Debian package is installed."""
    done = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Status}", name], capture_output=True, text=True, check=False
    )
    return done.stdout.endswith("ok installed")


def has_user(name: str) -> bool:
    """Return whether there is such a user."""
    return subprocess.run(["id", "-u", name], capture_output=True, check=False).returncode == 0


def runs_systemd() -> bool:
    """Return whether systemd runs this machine: not in a chroot, not while an image is made."""
    return Path("/run/systemd/system").is_dir()


def has_ipv6() -> bool:
    """Return whether addresses of IPv6 can be listened on."""
    return Path("/proc/net/if_inet6").exists()


def _belong(path: Path, owner: str, mode: int) -> None:
    if os.geteuid() == 0:
        shutil.chown(path, owner, owner)
    path.chmod(mode)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
