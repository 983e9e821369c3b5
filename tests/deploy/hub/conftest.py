"""What the long trials of a hub's server share: Debian's packages, a fresh Debian, an archive."""

import subprocess
from pathlib import Path

import pytest

from tests.support.source_code import CHECKOUT


@pytest.fixture(scope="session")
def work() -> Path:
    """A folder that keeps Debian's packages from one run to the next."""
    folder = CHECKOUT / ".cache/hub-trial"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def archive(work: Path) -> Path:
    """What `pack` makes of this checkout, made once for all of them."""
    done = subprocess.run(
        [CHECKOUT / "deploy/hub/pack", "--output", work],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4_000:]
    return Path(done.stdout.strip())
