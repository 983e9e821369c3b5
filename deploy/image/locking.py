"""Makes a lock file: asks archives and index what they would give now, and writes it down."""

from pathlib import Path

from content_packs import durable
from content_packs.errors import InvalidContent, Missing
from deploy.image import wheels
from deploy.image.archives import Apt, mirrors
from deploy.image.contents import INSTALLED, INSTALLED_BY_ARCHITECTURE, KINDS
from deploy.image.lock_file import Deb, Lock, parse
from deploy.image.running import say
from deploy.node.install_list import read as read_install_lists

FOLDER = Path(__file__).parent / "lock"
CHECKOUT = Path(__file__).parents[2]


def asked_packages(architecture: str) -> tuple[str, ...]:
    """Return the Debian packages to install: ours and those of the box's parts."""
    parts = read_install_lists().packages
    return tuple(sorted({*INSTALLED, *INSTALLED_BY_ARCHITECTURE[architecture], *parts}))


def lock_path(architecture: str, folder: Path = FOLDER) -> Path:
    """Return where an architecture's lock file lies."""
    return folder / f"{architecture}.lock"


def read(architecture: str, folder: Path = FOLDER) -> Lock:
    """Return the lock file, if it is of this architecture and of what is asked for now.

    Raises `Missing`, `InvalidContent`.
    """
    path = lock_path(architecture, folder)
    if not path.exists():
        raise Missing(f"{path}: isn't there", hint="Run deploy/image/build --lock.")
    lock = parse(path.read_text(encoding="utf-8"), name=f"lock/{path.name}")
    if lock.architecture != architecture:
        raise InvalidContent(
            f"lock/{path.name}: is of architecture {lock.architecture}, expected {architecture}"
        )
    now = set(asked_packages(architecture))
    differing = (now - {deb.name for deb in lock.installed}) | (set(lock.asked) - now)
    if differing:
        raise InvalidContent(
            f"lock/{path.name}: was made for other packages than contents.py and the install.toml "
            f"lists ask for now: {', '.join(sorted(differing))}",
            hint=f"Run deploy/image/build --lock --arch {architecture}, and commit what it writes.",
        )
    return lock


def make(architecture: str, work: Path, folder: Path = FOLDER) -> Lock:
    """Ask, and write the lock file durably."""
    say(f"Asking the archives what an image of {architecture} would be made of")
    apt = Apt(work / f"apt-{architecture}", mirrors())
    apt.update(architecture)
    asked = asked_packages(architecture)
    paths = apt.closure(asked)
    kind = KINDS[architecture]
    taken_apart = {*kind.unpacked, apt.depends_on(kind.kernel, "linux-image-")}
    by_path: dict[str, Deb] = {}
    by_name: dict[str, Deb] = {}
    for deb in apt.offered():
        by_path[deb.path] = deb
        by_name[deb.name] = deb
    missing = (paths - by_path.keys()) | (taken_apart - by_name.keys())
    if missing:
        raise Missing(f"the archives tell nothing about {', '.join(sorted(missing))}")
    say("Asking the index which Python packages the box would have")
    project = CHECKOUT / "pyproject.toml"
    lock = Lock(
        architecture,
        asked,
        tuple(by_path[path] for path in paths),
        tuple(by_name[name] for name in taken_apart),
        wheels.choose(
            wheels.box_requirements(project), wheels.platform_options(architecture), work
        ),
        wheels.choose(wheels.tool_requirements(project), ["--only-binary=:all:"], work),
    ).sorted()
    text = lock.text()
    parse(text, name="what was made")  # nothing is written that couldn't be read
    folder.mkdir(exist_ok=True)
    durable.write(lock_path(architecture, folder), text.encode())
    return lock
