"""A school with a clock that the test moves, and a class in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.school import SchoolRig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[SchoolRig]:
    made = SchoolRig(tmp_path / "node")
    try:
        yield made
    finally:
        made.close()
