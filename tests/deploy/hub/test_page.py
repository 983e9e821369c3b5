"""SERVER.md: what it has people type is understood, and what there is to say stands in it."""

import re
import subprocess

import pytest

from deploy.hub.errors import StepFailed
from deploy.hub.trying.following import PAGE
from deploy.hub.trying.page import commands
from deploy.hub.wishes import Wishes, _parser, wishes_of
from tests.support.source_code import CHECKOUT

TEXT = PAGE.read_text(encoding="utf-8")
SCRIPTS = ("install", "pack", "try-on-fresh-root", "hub-as-its-user", "trying/boot-root",
           "container-start")  # fmt: skip


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_one(name: str):
    subprocess.run(["sh", "-n", str(CHECKOUT / "deploy/hub" / name)], check=True)


def test_its_commands_are_those_that_a_trial_follows():
    found = commands(TEXT)
    assert set(found) == {"two-commands", "root-keys-gone", "backup-drill", "update", "restore"}
    assert len(found["two-commands"].splitlines()) == 2
    for block in found.values():
        subprocess.run(["sh", "-n", "-c", block], check=True)


def test_a_block_that_is_there_twice_is_told():
    with pytest.raises(StepFailed, match="two blocks are called one"):
        commands("```sh one\n```\n```sh one\n```\n")


def test_each_option_that_it_names_is_one():
    named = set(re.findall(r"(?<![\w-])--[a-z0-9][a-z0-9-]+", TEXT))
    known = {word for action in _parser()._actions for word in action.option_strings}
    others = {
        "--arch",
        "--authority",
        "--help",
        "--role",
        "--verify",
        "--path",
        "--template",
        "--no-pager",
        "--output",
        "--failed",
    }
    assert named - known <= others
    for option in known - {"-h", "--help", "--no-start", "--no-backup-first", "--self-signed"}:
        assert option in TEXT, f"SERVER.md doesn't say {option}"


def test_each_row_of_its_table_is_understood():
    for row in re.findall(r"^\| [^|]+ \| `(--[^`]+)`", TEXT, re.MULTILINE):
        words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', row)]
        words = [{"FOLDER": "/mnt/backup", "N": "7"}.get(word, word) for word in words]
        words = ["s3://hubs/county" if word == "s3://BUCKET/PREFIX" else word for word in words]
        words = ["https://s3.example.org" if word == "URL" else word for word in words]
        if words[0] != "--backup-keep":
            assert isinstance(wishes_of(["hub.example.org", *words], None), Wishes)
