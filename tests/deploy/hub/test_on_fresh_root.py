"""SERVER.md followed to the letter on a Debian that nothing was done to."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.hub.trying.following import VARIANTS
from deploy.hub.trying.fresh_root import NEEDED
from tests.support.source_code import CHECKOUT

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(7_200),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can begin a system"),
    pytest.mark.skipif(
        any(shutil.which(name) is None for name in NEEDED), reason=f"needs {', '.join(NEEDED)}"
    ),
]


def test_the_page_makes_a_server_a_hub(tmp_path_factory: pytest.TempPathFactory):
    """All of it: two commands, an update, one that fails, a restore, PostgreSQL and S3."""
    work = CHECKOUT / ".cache/hub-trial"  # it keeps Debian's packages
    work.mkdir(parents=True, exist_ok=True)
    log = tmp_path_factory.mktemp("trial") / "log"
    with log.open("w") as output:
        done = subprocess.run(
            [CHECKOUT / "deploy/hub/try-on-fresh-root", "--work", str(work)],
            stdout=output, stderr=output, check=False,
        )  # fmt: skip
    said = Path(log).read_text(errors="replace")
    assert done.returncode == 0, said[-8_000:]
    for name in VARIANTS:
        assert f"{name}: good" in said
