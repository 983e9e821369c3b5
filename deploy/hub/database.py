"""A database of PostgreSQL for the hub: of this machine, or one that is there already."""

from deploy.hub import machine
from deploy.hub.errors import NotReady
from deploy.hub.places import USER, Places
from deploy.hub.wishes import LOCAL_POSTGRESQL, SQLITE, Wishes

NAME = "satchel_hub"
PASSWORD_BYTES_MAX = 1_024
_SOCKETS = "/var/run/postgresql"
LOCAL_ADDRESS = f"postgresql://{USER}@/{NAME}?host={_SOCKETS}"


def address(wishes: Wishes) -> str:
    """Return the database as hub.toml names it."""
    return LOCAL_ADDRESS if wishes.database == LOCAL_POSTGRESQL else wishes.database


def check_password(wishes: Wishes) -> bytes:
    """Return the password that a file was named for, nothing without. Raises `NotReady`."""
    if not wishes.database_password_file:
        return b""
    data = machine.read_given(wishes.database_password_file, bytes_max=PASSWORD_BYTES_MAX)
    line = data.split(b"\n", 1)[0].rstrip(b"\r")
    if not line:
        raise NotReady(f"{wishes.database_password_file}: its first line is empty")
    return line + b"\n"


def prepare(wishes: Wishes, password: bytes, places: Places) -> None:
    """Make role and database, or keep the password of one elsewhere. Raises `StepFailed`."""
    if wishes.database == SQLITE:
        return
    if wishes.database != LOCAL_POSTGRESQL:
        if password:
            machine.write(places.database_password, password, mode=0o400, owner=USER)
        return
    if machine.runs_systemd():
        machine.run("systemctl", "enable", "--now", "-q", "postgresql.service")
    else:
        machine.run("service", "postgresql", "start")
    if not _one(f"SELECT 1 FROM pg_roles WHERE rolname = '{USER}'"):  # noqa: S608 - our own name
        machine.run("createuser", USER, user="postgres")
    if not _one(f"SELECT 1 FROM pg_database WHERE datname = '{NAME}'"):  # noqa: S608
        machine.run(
            "createdb", "--owner", USER, "--encoding", "UTF8", "--locale", "C.UTF-8",
            "--template", "template0", NAME, user="postgres",
        )  # fmt: skip


def _one(query: str) -> str:
    return machine.run("psql", "-qtAX", "-c", query, user="postgres").strip()
