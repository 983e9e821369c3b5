"""A hub with a clock that a test moves, and cpacks to publish."""

import shutil
from pathlib import Path

import pytest

from hub.hub import Hub, open_hub
from hub.initialising import initialise
from hub.publishing import publish
from hub.releasing import Terms, release
from tests.hub.clients import START, MovableClock
from tests.support.packs import make_demo


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(START)


@pytest.fixture
def hub(tmp_path: Path, clock: MovableClock) -> Hub:
    """A new hub with the channel `main`."""
    initialise(tmp_path / "hub", "main", clock)
    return open_hub(tmp_path / "hub", clock)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory, cpacks: dict[str, Path]) -> Path:
    """The data directory of a hub with demo 1 and 2 published, and 1 released. Copy, don't use."""
    root = tmp_path_factory.mktemp("prepared") / "hub"
    initialise(root, "main", MovableClock(START))
    prepared = open_hub(root, MovableClock(START))
    publish(prepared, cpacks["1"])
    publish(prepared, cpacks["2"])
    release(prepared, "demo", 1, "main", Terms())
    return root


@pytest.fixture
def filled(prepared: Path, tmp_path: Path, clock: MovableClock) -> Hub:
    """A hub with demo 1 and 2 published, and 1 released on `main`."""
    root = tmp_path / "filled"
    shutil.copytree(prepared, root)
    return open_hub(root, clock)


@pytest.fixture(scope="session")
def cpacks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Versions of `demo`: 1, 2 with one page changed, another 2, 3; and 3 of another publisher."""
    folder = tmp_path_factory.mktemp("cpacks")
    made = {
        name: folder / f"{name}.cpack" for name in ("1", "2", "other-2", "3", "thief-3", "same-3")
    }
    text = "<p>Fractions are parts of a whole.</p>"
    make_demo(made["1"], version=1, video_bytes=200_000)
    make_demo(made["2"], version=2, video_bytes=200_000, pages={"one": text})
    make_demo(made["other-2"], version=2, video_bytes=200_000, pages={"one": "<p>Other.</p>"})
    make_demo(made["3"], version=3, video_bytes=200_000, seeds={"two": 7}, pages={"one": text})
    make_demo(made["same-3"], version=3, video_bytes=200_000, pages={"one": text})
    make_demo(made["thief-3"], version=3, video_bytes=200_000, publisher="thief")
    return made
