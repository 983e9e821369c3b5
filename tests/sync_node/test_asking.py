"""What a technician asks of a node that is at work: how far it is, to pause, to go on, to hurry."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from content_packs.errors import UsageError
from sync_node.orders import Orders
from sync_node.pausing import parse
from tests.support import node_process
from tests.support.nodes import Node, process_node, publish
from tests.support.repositories import Repository
from tests.support.repository_server import RepositoryServer, serving

SLOW = "kbit_per_second = 800\n"  # 100 kB a second: the pack takes more than a minute


@pytest.fixture
def server(repository: Repository, tmp_path: Path) -> Iterator[RepositoryServer]:
    repository.offer("main", publish(repository, tmp_path, video_bytes=1_500_000))
    with serving(repository.root) as running:
        yield running


@pytest.fixture
def node(repository: Repository, server: RepositoryServer, tmp_path: Path) -> Node:
    return process_node(repository, server.url, tmp_path)


def says(node: Node, *arguments: str, code: int = 0) -> str:
    done = node_process.run(*arguments, "--data", node.root)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def tells(node: Node, *arguments: str) -> dict[str, Any]:
    done = node_process.run(*arguments, "--json", "--data", node.root)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout))


def configure(node: Node, server: RepositoryServer, keys: str) -> None:
    """Put keys below the hub in node.toml."""
    path = node.root / "node.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(f'hub = "{server.url}"\n', f'hub = "{server.url}"\n{keys}'))


def wait_until(done: Callable[[], bool], seconds: float = 90.0) -> float:
    """Wait until something is so; return the seconds that it took."""
    began = time.monotonic()
    while not done():
        assert time.monotonic() - began < seconds, "it never was so"
        time.sleep(0.2)
    return time.monotonic() - began


@pytest.mark.long
def test_a_running_transfer_is_seen_paused_resumed_and_hurried(
    node: Node, server: RepositoryServer
) -> None:
    configure(node, server, SLOW)
    process = node_process.start("run", "--host", "127.0.0.1", "--port", "0", "--data", node.root)
    try:
        wait_until(lambda: bool(tells(node, "status")["running"]))
        wait_until(lambda: tells(node, "status")["running"]["bytes_done"] > 0)
        found = says(node, "status")
        assert "at work: demo 1: " in found
        assert " a second" in found
        assert "until `sync-node resume`" in says(node, "pause")
        took = wait_until(lambda: not tells(node, "status")["running"])
        assert took < 10
        status = tells(node, "status")
        assert (status["paused"], status["last_tick"]["outcome"]) == (True, "not-now")
        before = server.body_bytes_of("bundles")
        assert "the pause is over" in says(node, "resume")
        wait_until(lambda: server.body_bytes_of("bundles") > before)
        assert "it was asked to sync at once, whatever windows" in says(node, "sync", "--now")
        wait_until(lambda: tells(node, "status")["packs"][0]["bytes_to_come"] == 0)
        wait_until(lambda: not Orders(node.data_dir).tick_asked_for)
    finally:
        process.kill()
        process.wait()


def closed_window() -> str:
    now = datetime.now(UTC)
    opens, closes = (now + timedelta(hours=hours) for hours in (3, 5))
    return f'[[sources.windows]]\nfrom = "{opens:%H:00}"\nto = "{closes:%H:00}"\n'


def test_outside_of_its_window_a_link_carries_nothing_but_by_hand(
    node: Node, server: RepositoryServer
) -> None:
    configure(node, server, "megabytes_per_month = 300\n" + closed_window())
    found = tells(node, "sync")
    assert (found["outcome"], found["not_now"]["reason"]) == ("not-now", "window")
    assert server.requests == []
    assert "no window is open" in says(node, "sync")
    tells(node, "pause")
    found = tells(node, "sync", "--now")
    assert found["outcome"] == "updated"
    assert found["kinds"]["video"] > 3_000_000
    spent = json.loads((node.root / "spent.json").read_bytes())["sources"][server.url]
    assert sum(spent.values()) == found["bytes_in"] + found["bytes_out"]
    assert tells(node, "sync")["not_now"]["reason"] == "pause"


def test_the_plan_says_why_it_waits_and_when_it_opens(node: Node, server: RepositoryServer) -> None:
    text = '[[sources.windows]]\nclasses = ["text", "other"]\n'
    configure(node, server, text + closed_window())
    assert "everything that is known to be offered is here" in says(node, "plan")
    assert tells(node, "sync")["outcome"] == "not-now"
    found = tells(node, "plan")
    assert {each["kind"]: each["waits_for"] for each in found["steps"]} == {"video": "window"}
    assert all(each["begins"] for each in found["steps"])
    assert [each["lesson"] for each in found["lessons"]] == ["one", "two"]
    assert found["size"] > 3_000_000
    words = says(node, "plan")
    assert "waits for its window" in words
    assert "lesson 1 of 2 opens with it" in words
    assert "0 of 2 lessons ready" in says(node, "status")
    assert "waits for its window, " in says(node, "status")
    assert tells(node, "status")["outlook"]["lessons_to_come"] == 2
    tells(node, "sync", "--now")
    assert tells(node, "status")["outlook"] is None


@pytest.mark.long
def test_who_is_at_work_is_asked(node: Node) -> None:
    with node.opened():
        assert "it was asked to sync at once" in says(node, "sync")
        assert tells(node, "sync", "--now") == {"outcome": "asked", "now": True}
    assert Orders(node.data_dir).unbound_asked_for
    assert tells(node, "sync")["outcome"] == "updated"
    assert not Orders(node.data_dir).tick_asked_for


def test_a_budget_ends_a_sync_and_the_next_month_goes_on(
    node: Node, server: RepositoryServer
) -> None:
    configure(node, server, "megabytes_per_day = 4\n")
    found = tells(node, "sync")
    assert (found["outcome"], found["not_now"]["reason"]) == ("not-now", "budget")
    assert 3_000_000 < found["bytes_in"] <= 4_000_000
    assert tells(node, "status")["outlook"]["waits_for"] == "budget"
    again = tells(node, "sync")
    assert again["bytes_in"] < 2_000, "it still asks what is new"
    (node.root / "spent.json").unlink()
    (node.root / "node.db").unlink()
    assert tells(node, "sync")["bytes_in"] > 1_000_000


def test_what_was_spent_survives_the_loss_of_either_record(
    node: Node, server: RepositoryServer
) -> None:
    configure(node, server, "megabytes_per_day = 4\n")
    tells(node, "sync")
    (node.root / "node.db").unlink()
    assert tells(node, "sync")["not_now"]["reason"] == "budget"
    (node.root / "spent.json").write_bytes(b"rot")
    node_process.run("sync", "--data", node.root)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("18:00", "2026-06-01T10:00:00+00:00"),
        ("11:00", "2026-06-02T03:00:00+00:00"),
        ("2026-06-03T06:30", "2026-06-02T22:30:00+00:00"),
        ("2026-06-03T06:30:00Z", "2026-06-03T06:30:00+00:00"),
    ],
)
def test_until_when_by_the_schools_clock(text: str, expected: str) -> None:
    now = datetime(2026, 6, 1, 4, tzinfo=UTC)  # noon there
    zone = timezone(timedelta(hours=8))
    assert parse(text, now, zone).astimezone(UTC).isoformat() == expected


@pytest.mark.parametrize(
    "text",
    ["", "tomorrow", "25:00", "2026-05-01T00:00", "18.00", "9999-12-31T23:59-05:00", "0001-01-01"],
)
def test_until_a_time_that_is_none_or_over(text: str) -> None:
    with pytest.raises(UsageError):
        parse(text, datetime(2026, 6, 1, 4, tzinfo=UTC), UTC)
