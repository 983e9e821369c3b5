"""SERVER.md followed to the letter on a Debian that nothing was done to."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.hub.trying import authority, fresh_root
from deploy.hub.trying.following import VARIANTS
from tests.support.source_code import CHECKOUT

NEEDED = (*fresh_root.NEEDED, *authority.NEEDED)
pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(7_200),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can begin a system"),
    pytest.mark.skipif(
        any(shutil.which(name) is None for name in NEEDED), reason=f"needs {', '.join(NEEDED)}"
    ),
]


@pytest.mark.parametrize("variant", VARIANTS)  # in this order: `restore` takes what `plain` left
def test_the_page_makes_a_server_a_hub(variant: str, archive: Path, work: Path, tmp_path: Path):
    log = tmp_path / "log"
    with log.open("w") as output:
        done = subprocess.run(
            [CHECKOUT / "deploy/hub/try-on-fresh-root", "--work", work, "--archive", archive,
             "--only", variant],
            stdout=output, stderr=output, check=False,
        )  # fmt: skip
    said = log.read_text(errors="replace")
    assert done.returncode == 0, said[-8_000:]
    assert f"{variant}: good" in said
