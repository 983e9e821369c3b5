"""kill -9 while a rollout begins: what is signed is whole, and the next look ends the work."""

from pathlib import Path

import pytest

from content_packs import staging
from hub.clock import system_clock
from hub.fleet import audit
from hub.hub import open_hub
from hub.rollouts import deciding, evaluating, keeping, planning
from tests.hub.clients import client_of
from tests.hub.rollouts.fleets import ANNA, add_schools
from tests.hub.rollouts.strategies import plan_of
from tests.hub.test_kills import STRACE, killed, moments
from tests.support.hub_databases import HubDatabases

pytestmark = pytest.mark.skipif(STRACE is None, reason="strace is not installed")


@pytest.mark.parametrize(
    ("kind", "number"),
    moments(
        {"rename": 5, "fsync": 10, "database": 44},
        ("rename", 1), ("rename", 4), ("fsync", 5), ("database", 6), ("database", 14),
    ),
)  # fmt: skip
def test_an_approval_that_is_killed(
    prepared: Path, tmp_path: Path, databases: HubDatabases, kind: str, number: int
) -> None:
    root = databases.copy_hub(prepared, tmp_path / "hub")
    hub = open_hub(root, system_clock)
    nodes = add_schools(hub, range(20))
    rollout = planning.plan(hub, ANNA, plan_of([50, 100])).rollout
    client = client_of(root, tmp_path / "client")
    killed(kind, number, "rollouts", "approve", "--data", str(root), rollout)
    seen = {offer.version: offer for offer in client.offers()}
    assert set(seen) in ({1}, {1, 2}), "never without the version that all have"
    assert client.files(seen[1])
    hub = open_hub(root, system_clock)
    with hub.database.transaction():
        state = keeping.load(rollout).progress.state
    assert state in {"planned", "running"}
    assert state == "running" or 2 not in seen, "the journal comes first"
    assert evaluating.evaluate_all(hub) == []
    assert deciding.approve(hub, ANNA, rollout).progress.state == "running"
    (staged,) = [offer for offer in client.offers() if offer.version == 2]
    assert staged.staged is not None
    assert client.files(staged)
    with hub.database.transaction():
        found = keeping.load(rollout)
    reached = [node for node in nodes if staging.reaches(staged.staged, node)]
    assert reached == [n for n in nodes if staging.place_of(found.seed, n) < 5_000]
    assert not found.due
    lines = {line.event: line.reason for line in audit.entries(hub, most=20)}
    assert lines["rollout-approved"] == rollout
    assert lines["rollout-signed"] == f"{rollout}: demo 2 on main, stage 1 of 2"
    assert len(audit.entries(hub, event="rollout-signed", most=20)) == 1
