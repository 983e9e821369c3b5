"""A technician enrols a box from a printed code; the hub tells it what to hold; a thief is refused.

Hub and node are processes of their own, as people start them, and meet over HTTP.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support import node_process
from tests.support.packs import make_demo
from tests.support.source_code import CHECKOUT

SECONDS_MAX = 60


@dataclass
class District:
    """A hub that serves, and a school's box that knows its address."""

    folder: Path
    url: str = ""

    @property
    def box(self) -> Path:
        return self.folder / "box"

    def hub(self, *arguments: str | Path) -> dict[str, Any]:
        """Run a command of the hub; return what it says to scripts."""
        done = subprocess.run(
            [*hub_command(*arguments), "--data", str(self.folder / "hub"), "--json"],
            cwd=CHECKOUT, env=node_process.environment(), capture_output=True, text=True,
            timeout=SECONDS_MAX, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def node(self, *arguments: str | Path, box: Path | None = None) -> tuple[int, dict[str, Any]]:
        """Run a command of the node; return how it ended, and what it says to scripts."""
        done = node_process.run(*arguments, "--data", box or self.box, "--json")
        return done.returncode, json.loads(done.stdout or done.stderr)

    def code(self, *more: str) -> str:
        return str(self.hub("enrol-codes", "qamdo", *more)["codes"][0]["code"])

    def standing(self, box: Path | None = None) -> dict[str, Any]:
        found: dict[str, Any] = self.node("status", box=box)[1]["hub"]
        return found


def hub_command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "hub.cli", *map(str, arguments)]


@contextmanager
def serving(district: District) -> Iterator[None]:
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            hub_command("serve", "--port", "0", "--data", district.folder / "hub"),
            cwd=CHECKOUT, env=node_process.environment() | {"PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE, stderr=errors, text=True,
        )  # fmt: skip
        assert process.stdout
        try:
            district.url = process.stdout.readline().split()[-1]
            yield
        finally:
            process.terminate()
            process.wait(SECONDS_MAX)
            process.stdout.close()


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    found = District(tmp_path_factory.mktemp("district"))
    found.hub("init")
    found.hub("schools", "add", "qamdo", "--district", "east", "--title", "Qamdo No. 7")
    cpack = found.folder / "demo.cpack"
    make_demo(cpack, version=1, video_bytes=100_000)
    found.hub("publish", cpack)
    found.hub("release", "demo", "--version", "1", "--channel", "main")
    root = found.folder / "hub" / "repository" / "metadata" / "1.root.json"
    with serving(found):
        made = node_process.run("init", "--hub", found.url, "--trust", root, "--data", found.box)
        assert made.returncode == 0, made.stderr
        yield found


def test_a_box_becomes_a_node_does_as_it_is_told_and_is_revoked(district: District) -> None:
    code = district.code()
    shown = district.node("enrol", f" {code[:4].lower()}-{code[4:]} ")
    assert shown[0] == 0
    assert shown[1]["state"] == "pending"
    [waiting] = district.hub("nodes", "list", "--pending")["nodes"]
    node = waiting["node"]
    fingerprints = [key["fingerprint"] for key in waiting["keys"]]
    assert fingerprints == [shown[1]["fingerprint"]]
    district.hub("nodes", "confirm", node, "--fingerprint", shown[1]["fingerprint"])
    assert district.node("sync")[0] == 0
    assert district.standing()["node"] == node
    kept = district.hub("nodes", "show", node)["reports"][0]
    assert kept["report"]["packs"][0]["lessons_ready"] == 2

    wanted = district.folder / "wanted.toml"
    wanted.write_text('time_zone = "+08:00"\n[budget]\nmegabytes_per_month = 300\n')
    number = district.hub("desired", "set", wanted, "--node", node)["number"]
    assert district.node("sync")[0] == 0
    assert district.standing()["desired_state"] == number
    assert district.node("sync")[0] == 0
    assert district.hub("nodes", "show", node)["reports"][0]["report"]["desired_state"] == number

    (district.box / "node.db").unlink()  # all of it but what the box keeps elsewhere
    assert district.node("sync")[0] == 0
    assert district.standing()["refused"] == 0

    thief = district.folder / "thief"
    shutil.copytree(district.box, thief)
    assert district.node("sync")[0] == 0
    assert district.node("sync", box=thief)[0] == 0
    assert district.standing(thief)["refused"] == 1, "the true box has used these numbers"
    assert district.hub("nodes", "show", node)["node"]["alarm"]

    district.hub("nodes", "revoke", node)
    ended, said = district.node("sync", box=thief)
    assert ended == 5
    assert said["error"]["code"] == "revoked"
    ended, said = district.node("sync")
    assert (ended, said["error"]["code"]) == (5, "revoked")
    assert district.node("status")[1]["packs"][0]["lessons_ready"] == 2, "what it has stays open"

    again = district.code("--node", node)
    assert district.node("enrol", again, "--again")[1]["state"] in {"pending", "enrolled"}
    district.hub("nodes", "confirm", node)
    district.node("sync")
    assert district.node("sync")[0] == 0
    assert district.standing()["revoked"] is False
    assert district.standing()["refused"] == 0
    assert district.node("sync", box=thief)[0] == 5, "the thief's copy stays out"


def test_a_wrong_code_and_a_used_one_get_the_same_answer(district: District) -> None:
    wrong = district.node("enrol", "00000000000", "--again")
    assert wrong[0] == 5
    assert wrong[1]["error"]["code"] == "hub-refused"
    assert district.node("enrol", "00000000001", "--again")[0] == 3
