"""Power cuts in a school's day: what was said to be kept is on the disk, whatever was unflushed.

Twelve pupils answer and a teacher adds documents on a disk that logs every write. Then disks are
made as a cut after any of those writes may leave them, and school.db and materials/ are looked at:
16 in a quick run, 1,000 with `scripts/test --all`.
"""

import subprocess
from pathlib import Path

import msgspec
import pytest

from tests.crash.school_rig import Order, Report
from tests.support.power_cut import in_namespace, unavailable
from tests.support.source_code import CHECKOUT

SEED = 20_261_123
SECONDS_MAX = 1_200
EAT_MY_DATA = next(Path("/usr/lib").glob("*/libeatmydata.so"), None)

pytestmark = [
    pytest.mark.skipif(bool(unavailable()), reason=unavailable()),
    pytest.mark.timeout(SECONDS_MAX),
]


def carry_out(tmp_path: Path, images: int, **added: str) -> Report:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    order, report = tmp_path / "order.json", tmp_path / "report.json"
    order.write_bytes(msgspec.json.encode(Order(str(scratch), images, SEED, added)))
    done = subprocess.run(
        in_namespace("tests.crash.school_rig", order, report),
        cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=SECONDS_MAX,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return msgspec.json.decode(report.read_bytes(), type=Report)


@pytest.mark.parametrize(
    "images", [pytest.param(16, id="quick"), pytest.param(1_000, id="long", marks=pytest.mark.long)]
)
def test_after_any_power_cut_what_was_said_to_be_kept_is_there(tmp_path: Path, images: int) -> None:
    report = carry_out(tmp_path, images)
    assert report.violations == []
    assert report.images == images
    assert report.acknowledged == {"answer": 120, "material": 7, "withdrawn": 1}
    assert report.flushes > 40


@pytest.mark.long
@pytest.mark.skipif(EAT_MY_DATA is None, reason="needs Debian's libeatmydata1")
def test_control_without_any_flush_answers_are_lost(tmp_path: Path) -> None:
    report = carry_out(tmp_path, 60, LD_PRELOAD=str(EAT_MY_DATA))
    assert any(one.startswith("lost") for one in report.violations), report
