"""What holds for every test: how hypothesis searches, and the one browser of a test process."""

import gc
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser

from tests.support.browser import CHROMIUM, chromium
from tests.support.routes import compile_once

# No deadline: two cores shared with other work say nothing about a property. A failure prints what
# reproduces it. `scripts/test --all` takes the thorough profile.
settings.register_profile("satchel", deadline=None, print_blob=True, max_examples=50)
settings.register_profile("thorough", deadline=None, print_blob=True, max_examples=300)
settings.load_profile("satchel")

SLOW = Path(__file__).with_name("slow.txt")

compile_once()

# A suite that a script starts in the background ignores Ctrl-C, and so would all that it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say on which database and which store of content the hub's tests run."""
    parser.addoption(
        "--hub-database",
        choices=("sqlite", "postgresql"),
        help="run all of the hub's tests on this one; else all on SQLite, and those of modules "
        "marked both_databases on PostgreSQL, too",
    )
    parser.addoption(
        "--hub-objects",
        choices=("folder", "s3"),
        default="folder",
        help="where the hubs of the hub's tests have their content: in their folder, or in a real "
        "S3 server",
    )


def slow_paths() -> tuple[str, ...]:
    """Return the modules that a quick run leaves out, by their paths in the checkout."""
    lines = SLOW.read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


@pytest.hookimpl(tryfirst=True)  # before pytest looks which are `long` and `slow`
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what tests/slow.txt lists; and of the cases of a `sampled(n)` all but every n-th."""
    seen: Counter[str] = Counter()
    modules = {SLOW.parents[1] / path for path in slow_paths()}
    for item in items:
        if item.path in modules:
            item.add_marker(pytest.mark.slow)
        sampled = item.get_closest_marker("sampled")
        if sampled is None:
            continue
        test = item.nodeid.partition("[")[0]
        if seen[test] % sampled.args[0]:
            item.add_marker(pytest.mark.long)
        seen[test] += 1


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass by the thousands of tests, which stay to the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, one for all tests of a process: playwright can't be started twice in one."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} isn't installed: apt-get install chromium")
    with chromium() as started:
        yield started
