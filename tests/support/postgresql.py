"""A real PostgreSQL of this machine, for tests: its own data, its own socket.

No test cuts its power, so that it needn't wait for the disk: databases are made by the hundred.

Debian's package `postgresql` has the programs. As root the server runs as the user `postgres`,
since it refuses to be root's.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

_USER = "postgres"
_WAIT_SECONDS = 60
_KNOWN = Path("/usr/lib/postgresql")


def programs() -> Path | None:
    """Return the folder of the newest PostgreSQL's programs; None where there is none."""
    found = [path.parent for path in _KNOWN.glob("*/bin/initdb")]
    if not found:
        named = shutil.which("initdb")
        return Path(named).parent if named else None
    return max(found, key=lambda path: int(path.parent.name))


class Server:
    """A server that runs, on a socket in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = 0

    def address(self, name: str) -> str:
        """Return what hub.toml names one of its databases by."""
        return f"postgresql://{_USER}@/{name}?host={self._folder}"

    def new(self, *, like: str = "template0") -> str:
        """Make a database, empty or a copy of another that nobody uses; return its address."""
        self._made += 1
        name = f"hub{self._made}"
        self._say("CREATE DATABASE {} TEMPLATE {}", name, like)
        return self.address(name)

    def copy(self, address: str) -> str:
        """Return the address of a copy of the database at `address`."""
        return self.new(like=self.name_of(address))

    def replace(self, address: str, by: str) -> None:
        """Put a copy of the database at `by` in the place of another."""
        self.drop(address)
        self._say("CREATE DATABASE {} TEMPLATE {}", self.name_of(address), self.name_of(by))

    def drop(self, address: str) -> None:
        """Remove a database, whoever is connected to it."""
        self._say("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name_of(address))

    def cut(self, address: str) -> None:
        """End the connections of all who use a database, as a server that begins anew does."""
        with psycopg.connect(self.address(_USER), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                (self.name_of(address),),
            )

    @staticmethod
    def name_of(address: str) -> str:
        """Return the name of the database at an address of ours."""
        return address.split("@/", 1)[1].split("?", 1)[0]

    def _say(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.address(_USER), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))  # type: ignore[arg-type]


@contextmanager
def running() -> Iterator[Server]:
    """Run a server for the length of the block."""
    found = programs()
    assert found is not None, "PostgreSQL isn't installed"
    folder = Path(tempfile.mkdtemp(prefix="hub-postgresql-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, _USER, _USER)
        data, log = folder / "data", folder / "log"
        _run(found / "initdb", "--pgdata", data, "--username", _USER, "--auth", "trust",
             "--encoding", "UTF8", "--no-locale", "--no-sync")  # fmt: skip
        options = (
            f"-k {folder} -c listen_addresses= -c max_connections=200 -c shared_buffers=32MB "
            "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off"
        )
        _run(found / "pg_ctl", "start", "-D", data, "-l", log, "-o", options, "-w",
             "-t", _WAIT_SECONDS)  # fmt: skip
        try:
            yield Server(folder)
        finally:
            _run(found / "pg_ctl", "stop", "-D", data, "-m", "immediate", "-w")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(*command: object) -> None:
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        words = ["setpriv", "--reuid", _USER, "--regid", _USER, "--clear-groups", *words]
    # A server that inherits a pipe would keep it open: nothing is read from it.
    ended = subprocess.run(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        cwd="/", timeout=2 * _WAIT_SECONDS, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, f"{' '.join(words)} ended with {ended.returncode}"
