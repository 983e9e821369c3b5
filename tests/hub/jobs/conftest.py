"""A hub whose jobs are those of `kinds`, and whose clock is the machine's, as workers need it."""

from pathlib import Path

import pytest

from hub.clock import system_clock
from hub.hub import Hub, open_hub
from hub.initialising import initialise
from tests.hub.jobs import kinds


@pytest.fixture(autouse=True)
def _known_kinds() -> None:
    kinds.register()


@pytest.fixture
def now(tmp_path: Path) -> Hub:
    """A hub in the present."""
    initialise(tmp_path / "hub", "main", system_clock)
    return open_hub(tmp_path / "hub", system_clock)
