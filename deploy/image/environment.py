"""The box's venv, put together here: wheels are archives, and need no program of the box.

`/usr/lib/satchel/venv` has the locked wheels and our own, made here from this checkout. There is no
pip in it. Then every module of the root is compiled, ours and Debian's, with a digest instead of a
date in the compiled file, which isn't looked at again: the root never changes. Last, the site's
templates are: for that alone a program of the box is run.
"""

import configparser
import os
import shutil
import stat
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from content_packs.errors import InvalidContent, Missing
from deploy.image.running import BuildFailed, run
from deploy.image.wheels import PYTHON_VERSION

VENV = Path("usr/lib/satchel/venv")
PROGRAMS = ("sync-node", "content-packs")  # of our wheel; a box is no hub
NOT_FOR_A_BOX = ("hub", "content_packs/samples")  # of our wheel
HOST_PYTHON = Path("/usr/bin/python3")  # Debian's: it compiles what Debian's will read
INSTALLED_PARTS = ("purelib", "platlib")


def build_wheel(checkout: Path, tools: Iterable[Path], work: Path, *, epoch: int) -> Path:
    """Make our wheel from the checkout with the locked tools, and return it."""
    shutil.rmtree(work, ignore_errors=True)
    unpacked = work / "tools"
    for tool in tools:
        unpack_wheel(tool, unpacked)
    run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", work],
        folder=checkout,
        environment={"PYTHONPATH": str(unpacked), "SOURCE_DATE_EPOCH": str(epoch)},
    )
    made = sorted(work.glob("satchel-*.whl"))
    if len(made) != 1:
        raise BuildFailed(f"hatchling made {len(made)} wheels in {work}, expected one")
    return made[0]


def make(root: Path, wheels: Iterable[Path], own: Path) -> None:
    """Put the venv into `root`."""
    venv = root / VENV
    shutil.rmtree(venv, ignore_errors=True)
    packages = venv / "lib" / f"python{PYTHON_VERSION}" / "site-packages"
    packages.mkdir(parents=True)
    for wheel in [*wheels, own]:
        unpack_wheel(wheel, packages)
    for name in NOT_FOR_A_BOX:
        shutil.rmtree(packages / name)
    programs = venv / "bin"
    programs.mkdir()
    (programs / "python").symlink_to(f"/usr/bin/python{PYTHON_VERSION}")
    (programs / "python3").symlink_to("python")
    (venv / "pyvenv.cfg").write_text(
        f"home = /usr/bin\ninclude-system-site-packages = false\nversion = {PYTHON_VERSION}\n"
    )
    (described,) = packages.glob("satchel-*.dist-info")
    entries = configparser.ConfigParser(delimiters=("=",))
    entries.read(described / "entry_points.txt", encoding="utf-8")
    for name in PROGRAMS:
        module, _, function = entries["console_scripts"][name].partition(":")
        program = programs / name
        # -I: nothing of the folder it is started in, or of the environment, is imported.
        program.write_text(
            f"#!/{VENV}/bin/python -I\nimport sys\n\nfrom {module} import {function}\n\n"
            f"sys.exit({function}())\n"
        )
        program.chmod(0o755)
    for path in [venv, *venv.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.parent == programs else 0o644)


def compile_templates(root: Path) -> None:
    """Have the box's own Python compile the templates of its site, under emulation if need be."""
    python = f"/{VENV}/bin/python"
    # -s, -P, -B: nothing of this machine is imported, and nothing but the templates is written.
    words = [python, "-s", "-P", "-B", "-m", "sync_node.lan.templates_main"]
    run(["chroot", root, "env", "-i", "PYTHONHASHSEED=0", *words])


def unpack_wheel(wheel: Path, packages: Path) -> None:
    """Unpack a wheel's modules into `packages`, as installing would.

    Raises `InvalidContent` for paths that leave it, for links, and for files that belong elsewhere
    (headers, shared data): no wheel of a box has such, and silence would lose them.
    """
    packages.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            if entry.is_dir():
                continue
            parts = PurePosixPath(entry.filename).parts
            if entry.filename.startswith("/") or ".." in parts or "\\" in entry.filename:
                raise InvalidContent(f"{wheel.name}: {entry.filename!r} leads out of the wheel")
            if stat.S_ISLNK(entry.external_attr >> 16):
                raise InvalidContent(f"{wheel.name}: {entry.filename} is a link")
            if parts[0].endswith(".data"):
                if parts[1] == "scripts":
                    continue  # programs of libraries: nobody calls them on a box
                if parts[1] not in INSTALLED_PARTS:
                    raise InvalidContent(f"{wheel.name}: {entry.filename} has no place on a box")
                parts = parts[2:]
            place = packages.joinpath(*parts)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(archive.read(entry))


def compile_modules(root: Path) -> None:
    """Compile all Python modules below `root`/usr/lib, by Debian's Python and in a fixed order.

    Raises `Missing` where this machine's isn't of the box's version.
    """
    version = "import sys; print('%d.%d' % sys.version_info[:2])"
    found = run([HOST_PYTHON, "-c", version]).strip() if HOST_PYTHON.exists() else "none"
    if found != PYTHON_VERSION:
        raise Missing(
            f"{HOST_PYTHON} is Python {found}, expected {PYTHON_VERSION}, as boxes have it",
            hint="Build on Debian 12.",
        )
    for folder in sorted(root.rglob("__pycache__"), reverse=True):
        shutil.rmtree(folder)
    library = root / "usr/lib"
    folders = [library / f"python{PYTHON_VERSION}", library / "python3", library / "satchel"]
    run(
        [
            HOST_PYTHON, "-I", "-m", "compileall", "-q", "-j", "1",
            "--invalidation-mode", "unchecked-hash", "-s", root, "-p", "/",
            *(folder for folder in folders if folder.exists()),
        ],
        environment={"PYTHONHASHSEED": "0"},
    )  # fmt: skip
    for folder in root.rglob("__pycache__"):
        for path in [folder, *folder.iterdir()]:
            os.chmod(path, 0o755 if path.is_dir() else 0o644)  # noqa: PTH101  # not through links
