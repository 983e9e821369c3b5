"""The ceremony as people do it: by commands, over two machines."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub.cli import main
from hub.options import DATA_VARIABLE
from tests.hub.clients import client_of


class Machine:
    """A machine that commands are typed on; `data` is its hub's, if it has one."""

    def __init__(self, data: Path | None) -> None:
        self._environment = {DATA_VARIABLE: str(data or "/nonexistent")}

    def run(self, *words: str | Path) -> Result:
        result = CliRunner().invoke(main, [str(word) for word in words], env=self._environment)
        assert "Traceback" not in result.output
        return result

    def say(self, *words: str | Path) -> str:
        result = self.run(*words)
        assert result.exit_code == 0, result.output
        return result.output


@pytest.fixture
def hub(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path / "hub")
    said = machine.say("init")
    assert f"in {tmp_path / 'hub' / 'passphrase'}" in said
    assert "Keep a copy of it elsewhere" in said
    return machine


def test_root_goes_offline_and_comes_back_for_a_rotation(hub: Machine, tmp_path: Path) -> None:
    offline, stick = Machine(None), tmp_path / "stick"
    words = tmp_path / "words"
    words.write_text("five words that nobody guesses\n")
    said = offline.say("keys", "make-root", stick, "--passphrase-file", words)
    assert "never on the hub" in said
    listed = json.loads(hub.say("keys", "list", "--json"))["keys"]
    old = [key["keyid"] for key in listed if key["role"] == "root"]
    draft = stick / "draft.json"
    options: list[str | Path] = []
    for number, keyid in enumerate(old, 1):
        options += ["--drop", keyid, "--public", stick / f"root-{number}.pub"]
    assert "signed by nobody yet" in hub.say("keys", "export-unsigned", "root", draft, *options)
    keys = tmp_path / "hub" / "keys"
    hub.say("keys", "sign", draft, "--key", keys / "root-1.pem", "--key", keys / "root-2.pem")
    refused = hub.run("keys", "install", draft)
    assert (refused.exit_code, "wants it signed by 2" in refused.stderr) == (6, True)
    new = ["--key", stick / "root-1.pem", "--key", stick / "root-3.pem"]
    wrong = offline.run("keys", "sign", draft, *new)
    assert (wrong.exit_code, "there is no passphrase" in wrong.stderr) == (2, True)
    offline.say("keys", "sign", draft, *new, "--passphrase-file", words)
    assert "root 2 is in force" in hub.say("keys", "install", draft)
    assert "already" in hub.say("keys", "install", draft)
    assert "destroy them" in hub.say("keys", "install", draft)
    for number in (1, 2, 3):
        (keys / f"root-{number}.pem").unlink()
    assert "hub keys export-unsigned root" in hub.say("keys", "rotate", "timestamp")
    hub.say("keys", "export-unsigned", "root", draft)
    offline.say("keys", "sign", draft, *new, "--passphrase-file", words)
    assert "what is signed:" in offline.say("keys", "sign", draft)
    assert "root 3 is in force" in hub.say("keys", "install", draft)
    client = client_of(tmp_path / "hub", tmp_path / "client")
    client.now = client.now.replace(year=2026, month=1)
    assert client.offers() == []


def test_every_rotation_says_what_comes_next(hub: Machine, tmp_path: Path) -> None:
    for role in ("main", "targets", "snapshot", "timestamp", "status", "service", "seal"):
        assert "from now on. Nodes follow" in hub.say("keys", "rotate", role)
        said = hub.say("keys", "revoke", role)
        assert len(said.splitlines()) == 3
    assert "root's own keys are changed by people" in hub.run("keys", "rotate", "root").stderr
    hub.say("keys", "make-escrow", tmp_path / "district")
    (tmp_path / "hub" / "keys" / "targets.pem").rename(tmp_path / "targets.pem")
    public = tmp_path / "district" / "escrow.pub"
    said = hub.say("keys", "rotate", "escrow", "--public", public)
    assert "--public ESCROW.pub" in said
    draft = tmp_path / "draft.json"
    said = hub.say("keys", "export-unsigned", "targets", draft, "--public", public)
    assert "escrow: " in said
    hub.say("--passphrase-file", tmp_path / "hub" / "passphrase", "keys", "sign", draft,
            "--key", tmp_path / "targets.pem")  # fmt: skip
    assert "targets" in hub.say("keys", "install", draft)
    assert "offline" in hub.say("keys", "list")
    assert "revoke" not in hub.say("keys", "encrypt")


def test_the_root_of_trust_is_written_and_checked(hub: Machine, tmp_path: Path) -> None:
    file = tmp_path / "root.json"
    assert "root 1" in hub.say("keys", "export-trust", file)
    hub.say("keys", "rotate", "snapshot")
    assert "It leads to root 2" in hub.say("keys", "export-trust", file, "--check")
    assert json.loads(hub.say("keys", "export-trust", file, "--json"))["version"] == 2
    file.write_text("{}")
    assert hub.run("keys", "export-trust", file, "--check").exit_code == 3


def test_scripts_get_json(hub: Machine, tmp_path: Path) -> None:
    assert json.loads(hub.say("keys", "rotate", "main", "--json"))["needs"] == ""
    assert json.loads(hub.say("keys", "revoke", "main", "--json"))["revoked"]
    assert json.loads(hub.say("keys", "encrypt", "--json"))["encrypted"] == []
    made = json.loads(hub.say("keys", "make-root", tmp_path / "r", "--json"))["keys"]
    assert [key["name"] for key in made] == ["root-1", "root-2", "root-3"]
    made = json.loads(hub.say("keys", "make-escrow", tmp_path / "r", "--json"))["keys"]
    assert [key["name"] for key in made] == ["escrow"]
    draft = tmp_path / "draft.json"
    said = json.loads(hub.say("keys", "export-unsigned", "targets", draft, "--json"))
    assert said["draft"]["role"] == "targets"
    assert json.loads(hub.say("keys", "sign", draft, "--json"))["draft"] == said["draft"]
    failed = hub.run("keys", "install", draft, "--json")
    assert json.loads(failed.stdout)["error"]["code"] == "untrusted"
