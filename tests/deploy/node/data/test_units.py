"""The data partition's units: systemd takes them, they are shut in, and their order is right."""

import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.node.install_list import Installation, read
from deploy.node.installing import install
from tests.support.source_code import CHECKOUT

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="needs systemd (Debian package systemd)"
)

DATA = CHECKOUT / "deploy/node/data"
UNITS = ["satchel-data.service", "satchel-data-grow.service", "var-lib-satchel.mount"]
EXPOSURE_MAX = 2.0


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with what this part installs, and the programs that its units run."""
    folder = tmp_path_factory.mktemp("root")
    names = {path.name for path in DATA.iterdir()} | {"satchel-data-make"}
    ours = tuple(each for each in read("image").files if each.path.name in names)
    install(folder, Installation(files=ours), chown=lambda *_: None)
    units = folder / "usr/lib/systemd/system"
    for path in Path("/usr/lib/systemd/system").glob("*.target"):
        (units / path.name).write_bytes(path.read_bytes())
    return folder


def analyze(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", f"--root={root}", "--man=no", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_systemd_takes_them(root: Path) -> None:
    done = analyze(root, "--recursive-errors=no", "verify", *UNITS)
    assert (done.returncode, done.stderr.strip()) == (0, "")


@pytest.mark.parametrize("unit", UNITS[:2])
def test_they_can_do_little_else(root: Path, unit: str) -> None:
    threshold = str(int(EXPOSURE_MAX * 10))
    done = analyze(root, "security", "--offline=true", f"--threshold={threshold}", unit)
    assert done.returncode == 0, done.stdout.splitlines()[-1]


def test_it_is_made_before_it_is_mounted_and_grows_after_the_site(root: Path) -> None:
    text = {name: (root / "usr/lib/systemd/system" / name).read_text() for name in UNITS}
    assert "Before=var-lib-satchel.mount" in text["satchel-data.service"]
    assert "DefaultDependencies=no" in text["satchel-data.service"]
    # PrivateTmp= would wait for /tmp to be made, which waits for all mounts: a circle.
    assert "PrivateTmp" not in text["satchel-data.service"]
    assert "Requires=satchel-data.service" in text["var-lib-satchel.mount"]
    assert "After=satchel-node.service" in text["satchel-data-grow.service"]


def test_the_data_is_mounted_so_that_nothing_in_it_runs(root: Path) -> None:
    text = (root / "usr/lib/systemd/system/var-lib-satchel.mount").read_text()
    options = text.split("Options=")[1].splitlines()[0].split(",")
    assert {"nosuid", "nodev", "noexec", "noatime", "errors=remount-ro"} <= set(options)
    assert "What=/run/satchel/card/data\n" in text


def test_e2fsck_takes_its_settings(root: Path, tmp_path: Path) -> None:
    image = tmp_path / "data.img"
    with image.open("wb") as file:
        file.truncate(8 << 20)
    subprocess.run(
        ["mke2fs", "-q", "-F", "-t", "ext4", str(image)], check=True, capture_output=True
    )
    # Last mounted and last written in 2093: a box's clock was wrong.
    for field in ("mtime", "wtime"):
        command = ["debugfs", "-w", "-R", f"ssv {field} 20930101000000", str(image)]
        subprocess.run(command, check=True, capture_output=True)
    config = {
        "E2FSCK_CONFIG": str(root / "etc/e2fsck.conf"),
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    }
    done = subprocess.run(
        ["e2fsck", "-n", "-f", str(image)], capture_output=True, text=True, check=False, env=config
    )
    assert done.returncode == 0, done.stdout
    assert "in the future" not in done.stdout
