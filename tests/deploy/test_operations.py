"""What technicians carry with them says what they will meet: each verdict, panel and command."""

import re
import shlex
from functools import lru_cache
from typing import get_args

import click
import pytest

import hub.cli
import sync_node.cli
from sync_node.box_verdict import Code
from tests.support.source_code import CHECKOUT

TEXT = (CHECKOUT / "deploy/OPERATIONS.md").read_text(encoding="utf-8")
TEMPLATES = CHECKOUT / "sync_node/lan/templates/technician"
NEEDS = (TEMPLATES / "needs.html").read_text(encoding="utf-8")
PROGRAMS = {"hub": hub.cli.main, "sync-node": sync_node.cli.main}
# Said by another line of the table: their cause, or the same with a number.
SAID_BY = {"disk-unreadable": "disk-failing", "power-cut": "power-cuts"}
WORDS_COMPARED = 4


@lru_cache
def _plain(text: str) -> str:
    return re.sub(r"[^a-z' ]+", " ", text.lower().replace("\N{HORIZONTAL ELLIPSIS}", " "))


def _verdict(code: str) -> str:
    """Return the beginning of what the page says."""
    line = next(line for line in NEEDS.splitlines() if f'"{SAID_BY.get(code, code)}"' in line)
    said = re.search(r'_\("([^"%(]+)|ngettext\("([^"%(]+)', line)
    assert said, line
    return " ".join(_plain(said[1] or said[2]).split()[:WORDS_COMPARED])


@pytest.mark.parametrize("code", get_args(Code))
def test_each_verdict_is_explained(code: str) -> None:
    said = _verdict(code)
    table = TEXT.split("**The first panel**")[1].split("**Below it**")[0]
    cells = [_plain(line.split("|")[1]) for line in table.splitlines() if line.startswith("| ")]
    lines = [" ".join(cell.split()) for cell in cells]
    assert len(lines) > 20
    assert any(line.startswith(said) or said.startswith(line) for line in lines), said


def test_each_panel_is_explained() -> None:
    pages = [(TEMPLATES / name).read_text(encoding="utf-8") for name in ("box.html", "work.html")]
    panels = [title for page in pages for title in re.findall(r'<h2>.*?_\("([^"]+)"', page)]
    assert len(panels) > 8, "the page has panels"
    for title in panels:
        assert title.split(" %(")[0] in TEXT, title


def test_each_button_that_is_named_is_on_a_page() -> None:
    named = (
        "Sync now",
        "Logs for the district",
        "Switch off",
        "Put it back",
        "Technicians sign in",
        "End the pause",
        "Type the code",
        "Type a new code",
        "Make one on a stick",
        "Enrol it anew",
        "Enrolment",
        "Name, passphrase, own radio or access points",
    )
    pages = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.html"))
    for button in named:
        assert f'"{button}' in TEXT, button
        assert f'_("{button}")' in pages, button


def _commands() -> list[str]:
    fenced = "\n".join(re.findall(r"```\n(.*?)```", TEXT, re.DOTALL)).replace("\\\n", " ")
    written = fenced.splitlines() + re.findall(r"`([^`\n]+)`", TEXT)
    names = tuple(f"{name} " for name in PROGRAMS)
    return [
        line.removeprefix("sudo ")
        for line in written
        if line.removeprefix("sudo ").startswith(names)
    ]


@pytest.mark.parametrize("line", _commands())
def test_each_command_exists_with_its_options(line: str) -> None:
    program, *words = shlex.split(line)
    command: click.Command = PROGRAMS[program]
    while isinstance(command, click.Group) and words and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    assert not isinstance(command, click.Group), f"{line}: no such command"
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options


def test_commands_were_found() -> None:
    assert len(_commands()) > 8, "they are written as this test looks for them"


def test_what_was_not_tried_is_said() -> None:
    section = TEXT.split("## 10. Not yet tried")[1]
    for subject in ("boards", "radios", "phones", "cards", "watchdog"):
        assert subject in section.lower()
