"""`hub people`, `hub tokens` and `hub audit` as they are typed."""

import csv
import io
import re
from pathlib import Path

import pytest

from hub.clock import system_clock
from hub.hub import open_hub
from hub.people import account, tokens
from tests.hub.commands import Commands
from tests.support.hub_databases import HubDatabases


@pytest.fixture
def hub(with_people: Path, tmp_path: Path, databases: HubDatabases) -> Commands:
    return Commands(databases.copy_hub(with_people, tmp_path / "typed"))


@pytest.fixture
def empty(tmp_path: Path) -> Commands:
    made = Commands(tmp_path / "empty")
    made.say("init", "--data", made.root)
    return made


def test_the_first_administrator_gets_in_by_a_link(empty: Commands) -> None:
    assert "Nobody yet: hub people add LOGIN --role administrator" in empty.say("people", "list")
    said = empty.say("people", "add", "Ada", "--role", "administrator", "--name", "Ada Li")
    link = re.search(r"http://127\.0\.0\.1:8470/console/welcome/([\w-]+)", said)
    assert link
    assert "never again" in said
    opened = open_hub(empty.root, system_clock)
    assert account.set_by_link(opened, link[1], "", "four blue horses") == "ada"
    found = empty.json("people", "show", "ada")["person"]
    assert (found["name"], found["role"], found["ready"]) == ("Ada Li", "administrator", True)


def test_a_link_leads_to_where_people_reach_the_hub(empty: Commands) -> None:
    config = empty.root / "hub.toml"
    config.write_text(config.read_text() + '\npublic_address = "https://hub.example/"\n')
    link = empty.json("people", "add", "ada", "--role", "administrator")["link"]
    assert link["address"].startswith("https://hub.example/console/welcome/")


def test_people_are_changed_as_said_and_no_more(hub: Commands) -> None:
    said = hub.json("people", "set", "otto", "--name", "Otto of the River")["person"]
    assert (said["name"], said["townships"]) == ("Otto of the River", ["North", "River"])
    assert hub.json("people", "set", "otto", "--township", "South")["person"]["townships"] == [
        "South"
    ]
    assert "otto  auditor" in hub.say("people", "set", "otto", "--role", "auditor")
    code, said = hub.fail("people", "set", "otto", "--role", "operator")
    assert (code, "has to have a township" in said) == (2, True)
    publisher = ("--role", "publisher", "--publisher", "river-press")
    assert hub.json("people", "set", "otto", *publisher)["person"]["publisher"] == "river-press"


def test_people_are_disabled_enabled_and_reset(hub: Commands) -> None:
    assert hub.json("people", "disable", "tina") == {"login": "tina", "disabled": True}
    assert "already" in hub.say("people", "disable", "tina")
    assert "tina  teacher  tina  disabled" in hub.say("people", "list")
    assert hub.fail("people", "reset", "tina")[0] == 5
    assert "may sign in again" in hub.say("people", "enable", "tina")
    assert "never again" in hub.say("people", "reset", "tina", "--second-step")
    assert "tina  teacher  tina  no password yet" in hub.say("people", "list")
    code, said = hub.fail("people", "disable", "ada")
    assert (code, "last administrator" in said) == (5, True)
    assert hub.fail("people", "show", "nobody")[0] == 7


def test_tokens_are_made_listed_and_revoked(hub: Commands) -> None:
    made = hub.json(
        "tokens", "make", "otto", "--name", "map", "--scope", "see-fleet", "--days", "9"
    )
    actor = tokens.find(open_hub(hub.root, system_clock), made["secret"])
    assert actor is not None
    assert actor.login == "otto"
    token = made["token"]["id"]
    assert f"{token}  otto  map  see-fleet  until" in hub.say("tokens", "list", "--login", "otto")
    assert made["secret"] not in hub.say("tokens", "list")
    assert hub.json("tokens", "revoke", token) == {"token": token, "revoked": True}
    assert "already" in hub.say("tokens", "revoke", token)
    assert tokens.find(open_hub(hub.root, system_clock), made["secret"]) is None
    typed = hub.run("tokens", "make", "ada", "--name", "all")
    assert re.fullmatch(r"satchel_[\w-]{43}\n", typed.stdout)
    assert hub.fail("tokens", "make", "otto", "--name", "x", "--scope", "release")[0] == 5


def test_the_audit_log_is_shown_by_what_is_wanted(hub: Commands) -> None:
    hub.say("people", "disable", "tina")
    entry = hub.json("audit", "--event", "person-disabled")["entries"][0]
    assert (entry["reason"], entry["refusal"]) == ("tina", False)
    assert entry["actor"].startswith("command:")
    assert "person-disabled  command:" in hub.say("audit", "--most", "1")
    assert hub.json("audit", "--actor", "tina", "--since", "2026-01-01", "--until", "2026-01-01")[
        "entries"
    ]
    assert hub.json("audit", "--refusals")["entries"] == []
    assert hub.fail("audit", "--event", "gossip")[0] == 2
    table = hub.run("audit", "--csv").stdout_bytes.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(table)))
    assert rows[0][:4] == ["number", "at", "who", "event"]
    assert rows[1][3] == "person-disabled"


def test_verify_says_whether_the_log_holds(hub: Commands, tmp_path: Path) -> None:
    assert "The log is as it was written." in hub.say("audit", "verify")
    kept = tmp_path / "kept.json"
    kept.write_text(hub.say("audit", "checkpoint"))
    hub.say("people", "disable", "tina")
    found = hub.json("audit", "verify", "--checkpoint", kept)
    assert (found["holds"], found["checkpoints"], found["troubles"]) == (True, 1, [])
    kept.write_text(kept.read_text().replace('"number": 1', '"number": 2'))
    code, said = hub.fail("audit", "verify", "--checkpoint", kept)
    assert (code, "isn't signed by a service key" in said) == (6, True)
    kept.write_text("{}")
    assert hub.fail("audit", "verify", "--checkpoint", kept)[0] == 3
