"""kill -9 in the middle of enrolment, confirmation and revocation: all of it is so, or nothing.

strace kills the command as it enters its N-th call of a kind, as in tests/hub/test_kills.py.
"""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from content_packs import enrolment_codes
from hub.app import create_app
from hub.clock import system_clock
from hub.edition import read_edition
from hub.fleet import claims, nodes, status_lists
from hub.fleet.audit import Refusals
from hub.hub import Hub, open_hub
from hub.renewing import renew
from tests.hub.fleet.boxes import Box, a_code, claimed, enrolled
from tests.hub.test_kills import KINDS, STRACE, moments
from tests.support.source_code import CHECKOUT

pytestmark = pytest.mark.skipif(STRACE is None, reason="strace is not installed")

REFUSALS = Refusals(lambda: 0.0)


def killed(kind: str, number: int, *command: str) -> bool:
    """Run a Python module and kill it at its `number`-th call; return False if it ended before."""
    calls = KINDS[kind]
    strace = [str(STRACE), "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}"]
    inject = f"inject={calls}:signal=SIGKILL:when={number}"
    ended = subprocess.run(
        [*strace, "-e", inject, sys.executable, "-m", *command],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=CHECKOUT,
    )
    if "ptrace" in ended.stderr.lower():
        pytest.skip(f"strace may not trace here: {ended.stderr.strip()[:200]}")
    assert ended.returncode in {0, -signal.SIGKILL, 128 + signal.SIGKILL}, ended.stderr
    return ended.returncode != 0


@pytest.fixture
def settled(hub: Hub) -> Hub:
    """A hub by the clock of this machine, so that commands find nothing else to do."""
    found = open_hub(hub.data.root, system_clock)
    renew(found)
    return found


@pytest.fixture
def web(settled: Hub) -> FlaskClient:
    return create_app(settled).test_client()


@pytest.mark.parametrize("approved", [False, True], ids=["pending", "approved"])
@pytest.mark.parametrize(
    ("kind", "number"),
    moments({"database": 52, "unlink": 4}, ("database", 6), ("database", 17), ("database", 30)),
)
def test_a_claim_that_is_killed(
    settled: Hub, tmp_path: Path, kind: str, number: int, *, approved: bool
) -> None:
    box, code = Box(), a_code(settled)
    if approved:
        (tmp_path / "list").write_text(enrolment_codes.fingerprint(box.keyid))
        nodes.approve(settled, tmp_path / "list")
    file = tmp_path / "claim.json"
    file.write_bytes(box.claim(code.code))
    killed(kind, number, "tests.hub.fleet.claiming", str(settled.data.root), str(file))
    hub = open_hub(settled.data.root, system_clock)
    found = nodes.list_nodes(hub)
    assert [node.node for node in found] in ([], ["qamdo-1"])
    if found:
        assert found[0].state == ("valid" if approved else "pending")
    # Its claim gets its answer, and nobody else gets the code.
    answer = claims.take(hub, file.read_bytes(), origin="stick", refusals=REFUSALS)
    assert (answer.node, answer.credential is not None) == ("qamdo-1", approved)
    with pytest.raises(claims.ClaimRefused):
        claims.take(hub, Box().claim(code.code), origin="stick", refusals=REFUSALS)
    assert len(nodes.list_nodes(hub)) == 1


@pytest.mark.parametrize(
    ("kind", "number"),
    moments(
        {"rename": 4, "fsync": 9, "unlink": 12, "database": 104}, ("database", 20), ("rename", 2)
    ),
)
def test_a_replacement_whose_confirmation_is_killed(
    settled: Hub, web: FlaskClient, kind: str, number: int
) -> None:
    old = enrolled(settled, web)
    new = claimed(settled, web, a_code(settled, node=old.node))
    arguments = ("nodes", "confirm", "--data", str(settled.data.root), old.node)
    killed(kind, number, "hub.cli", *arguments)
    hub = open_hub(settled.data.root, system_clock)
    states = {key.keyid: key.state for key in nodes.list_nodes(hub)[0].keys}
    assert states in (
        {old.keyid: "valid", new.keyid: "pending"},
        {old.keyid: "revoked", new.keyid: "valid"},
    )
    # The command, run again, and the next renewal bring it to its end.
    nodes.confirm(hub, old.node)
    renew(hub)
    assert nodes.list_nodes(hub)[0].keys[0].state == "valid"
    listed = status_lists.current(hub, read_edition(hub.data.metadata))
    assert listed.revoked.keys() == {old.node}


@pytest.mark.parametrize(
    ("kind", "number"),
    moments(
        {"rename": 4, "fsync": 9, "unlink": 12, "database": 104},
        ("rename", 1),
        ("rename", 4),
        ("fsync", 3),
        ("database", 20),
    ),
)
def test_a_revocation_that_is_killed(
    settled: Hub, web: FlaskClient, kind: str, number: int
) -> None:
    box = enrolled(settled, web)
    arguments = ("nodes", "revoke", "--data", str(settled.data.root), box.node)
    killed(kind, number, "hub.cli", *arguments)
    hub = open_hub(settled.data.root, system_clock)
    (node,) = nodes.list_nodes(hub)
    listed = status_lists.current(hub, read_edition(hub.data.metadata))
    assert node.state in {"valid", "revoked"}
    assert node.state == "revoked" or not listed.revoked
    assert nodes.revoke(hub, box.node).already == (node.state == "revoked")
    listed = status_lists.current(hub, read_edition(hub.data.metadata))
    assert listed.revoked.keys() == {box.node}
    assert create_app(hub).test_client().get("/metadata/timestamp.json").status_code == 200
