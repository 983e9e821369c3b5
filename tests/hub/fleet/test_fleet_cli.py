"""The fleet by commands: what a district's technician reads and types."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from content_packs import enrolment_codes
from hub.app import create_app
from hub.clock import system_clock
from hub.fleet import nodes
from hub.hub import Hub, open_hub
from hub.people.actor import of_this_machine
from tests.hub.commands import Commands
from tests.hub.fleet.boxes import JSON, Box, enrolled
from tests.support.protocol import a_report


class FleetCommands(Commands):
    """Commands, beside what the serving hub sees."""

    @property
    def hub(self) -> Hub:
        """The hub, opened anew: each command bound the tables to a connection of its own."""
        return open_hub(self.root, system_clock)

    @property
    def web(self) -> FlaskClient:
        return create_app(self.hub).test_client()


@pytest.fixture
def commands(hub: Hub) -> FleetCommands:
    return FleetCommands(hub.data.root)


def a_code(commands: FleetCommands, *arguments: str) -> str:
    commands.run("schools", "add", "qamdo", "--district", "east", "--title", "昌都小学")
    (made,) = commands.json("enrol-codes", "qamdo", *arguments)["codes"]
    return str(made["code"])


def test_a_box_is_enrolled_and_revoked_by_commands(commands: FleetCommands) -> None:
    assert "There is no school yet" in commands.say("schools", "list")
    assert "None. Make a code" in commands.say("nodes", "list")
    code = a_code(commands)
    assert "昌都小学" in commands.say("schools", "list")
    box = Box()
    document = box.claim(code, model="Pi 4")
    assert commands.web.post("/api/v1/claims", data=document, content_type=JSON).status_code == 202
    fingerprint = enrolment_codes.fingerprint(box.keyid)
    listed = commands.say("nodes", "list", "--pending")
    assert f"waits: {fingerprint}  Pi 4" in listed
    assert "hub nodes confirm qamdo-1" in listed
    assert "boxes wait to be confirmed: qamdo-1" in commands.say("status")
    exit_code, said = commands.fail("nodes", "confirm", "qamdo-1", "--fingerprint", "no")
    assert (exit_code, fingerprint in said) == (5, True)
    assert fingerprint in commands.say("nodes", "confirm", "qamdo-1")
    box.node = "qamdo-1"
    assert box.check_in(commands.web, report=a_report()).status_code == 200
    assert "enrolled  heard" in commands.say("nodes", "list", "--school", "qamdo")
    shown = commands.json("nodes", "show", "qamdo-1")
    assert shown["node"]["keys"][0]["fingerprint"] == fingerprint
    assert shown["reports"][0]["report"]["versions"]["satchel"] == "0.1.0"
    assert "9.0 GB of 32.0 GB free" in commands.say("nodes", "show", "qamdo-1")
    assert "qamdo-1: pilot." in commands.say("nodes", "groups", "qamdo-1", "pilot")
    assert "is revoked since" in commands.say("nodes", "revoke", "qamdo-1", "--reason", "stolen")
    assert box.check_in(commands.web).status_code == 401
    log = commands.say("audit")
    for part in ("claimed", "confirmed", "groups-set", "revoked  ", "stolen", "codes-made"):
        assert part in log
    assert commands.fail("audit", "--event", "confirm")[0] == 2
    (entry,) = commands.json("audit", "--refusals", "--node", "qamdo-1")["entries"]
    assert entry["reason"] == "the key is revoked"
    assert code not in log
    assert nodes.list_nodes(commands.hub)[0].state == "revoked"


def test_what_a_box_calls_itself_cant_turn_the_line_round(commands: FleetCommands) -> None:
    box, turned = Box(), "Pi \N{RIGHT-TO-LEFT OVERRIDE}4"
    document = box.claim(a_code(commands), model=turned, serial=turned)
    assert commands.web.post("/api/v1/claims", data=document, content_type=JSON).status_code == 202
    for said in (
        commands.say("nodes", "list"), commands.say("nodes", "show", "qamdo-1"),
        commands.say("audit"),
    ):  # fmt: skip
        assert "Pi ?4" in said
        assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in said
    (node,) = commands.json("nodes", "list")["nodes"]
    assert node["keys"][0]["model"] == turned


def test_codes_are_shown_once_or_printed(commands: FleetCommands, tmp_path: Path) -> None:
    a_code(commands)
    commands.say("schools", "add", "lhasa", "--district", "east")
    said = commands.say("enrol-codes", "qamdo", "lhasa", "--count", "3")
    assert said.count("good until") == 6
    sheet = tmp_path / "sheet.html"
    assert "6 codes" in commands.say(
        "enrol-codes", "qamdo", "lhasa", "--count", "3", "--sheet", sheet
    )
    assert sheet.read_text().count("<li>") == 6
    printed = commands.json("enrol-codes", "qamdo", "--sheet", sheet)
    assert (printed["codes"], printed["made"]) == ([], 1)
    assert "qamdo: 8 unused codes" in commands.say("enrol-codes", "qamdo", "--cancel")
    assert commands.json("enrol-codes", "qamdo", "--cancel") == {"cancelled": {"qamdo": 0}}
    assert commands.fail("enrol-codes", "nowhere")[0] == 7
    assert commands.fail("enrol-codes", "qamdo", "--count", "501")[0] == 2


def test_a_sheet_that_cant_be_written_makes_no_codes(
    commands: FleetCommands, tmp_path: Path
) -> None:
    commands.say("schools", "add", "lhasa", "--district", "east")
    nowhere = tmp_path / "no-folder" / "sheet.html"
    assert commands.fail("enrol-codes", "lhasa", "--sheet", nowhere)[0] == 9
    assert commands.json("enrol-codes", "lhasa", "--cancel") == {"cancelled": {"lhasa": 0}}


def test_what_nodes_should_hold_is_set_by_a_file(commands: FleetCommands, tmp_path: Path) -> None:
    box = enrolled(hub := commands.hub, create_app(hub).test_client())
    file = tmp_path / "desired.toml"
    file.write_text('channels = ["main"]\n')
    assert "Nothing was set" in commands.say("desired", "show", "--node", box.node)
    assert "--node or --group" in commands.fail("desired", "show")[1]
    assert "desired state" in commands.say("desired", "set", file, "--node", box.node)
    assert 'channels = ["main"]' in commands.say("desired", "show", "--node", box.node)
    shown = commands.json("desired", "show", "--node", box.node)
    assert shown["desired_state"]["settings"] == {"channels": ["main"]}
    assert commands.json("desired", "show", "--group", "pilot")["desired_state"] is None
    assert commands.json("desired", "set", file, "--group", "pilot")["group"] == "pilot"
    assert commands.fail("desired", "set", file)[0] == 2
    assert commands.fail("desired", "set", tmp_path / "none.toml", "--node", box.node)[0] == 2
    assert commands.fail("desired", "set", file, "--node", "nobody")[0] == 7


def test_boxes_are_welcomed_denied_and_looked_at(commands: FleetCommands, tmp_path: Path) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text("SERIAL-1\nSERIAL-2\n")
    assert "2 boxes are welcome" in commands.say("nodes", "approve", "--list", listed)
    assert commands.json("nodes", "approve", "--list", listed) == {"new": 0, "known": 2}
    (line,) = commands.json("audit", "--event", "approved")["entries"]
    assert line["actor"] == of_this_machine().login
    assert commands.fail("nodes", "approve", "--list", tmp_path / "none")[0] == 2
    box = Box()
    code = a_code(commands)
    commands.web.post("/api/v1/claims", data=box.claim(code), content_type=JSON)
    assert "was turned away" in commands.say("nodes", "deny", "qamdo-1")
    assert commands.fail("nodes", "deny", "qamdo-1")[0] == 7
    assert "has no alarm" in commands.say("nodes", "clear-alarm", "qamdo-1")
    node = enrolled(hub := commands.hub, create_app(hub).test_client())
    node.check_in(commands.web)
    node.ask(commands.web, "GET", "/api/v1/credential", sequence=1)
    assert "ALARM" in commands.say("nodes", "list")
    assert "two boxes may share one identity" in commands.say("status")
    assert "cleared: " in commands.say("nodes", "clear-alarm", node.node)
    assert commands.json("open-batches") == {"opened": 0, "left": 0}
    assert "0 batches opened" in commands.say("open-batches")
