"""What staff can do has three faces: a screen of the console, a `hub` command, a call of the API.

Each `Operation` names its screen and its command. This sees that both are there, and that no screen
is left without the other two.
"""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from hub.api.operations import Operation
from hub.app import create_app
from hub.cli import main
from hub.console.ground import Console, Rule
from hub.hub import open_hub
from hub.initialising import initialise
from hub.rooms import ROOMS, all_operations
from tests.hub.clients import START, MovableClock

# Screens that no operation names, and why.
BY_THEMSELVES = {
    "POST /console/language": "the reader's language is the browser's own affair",
    "GET /console/preview/<ticket>/<path:path>": "files of a lesson, whose page or call names them",
    "GET /console/sign-in": "programs have tokens, commands the machine",
    "POST /console/sign-in": "programs have tokens, commands the machine",
    "POST /console/sign-out": "programs have tokens, commands the machine",
    "GET /console/welcome/<token>": "a password is typed by whom it is of, in a browser",
    "POST /console/welcome/<token>": "a password is typed by whom it is of, in a browser",
    "POST /console/account/password": "a password is typed by whom it is of, in a browser",
    "POST /console/account/sessions": "only browsers have sessions",
    "GET /console/account/second-step": "only who signs in with a browser has a second step",
    "POST /console/account/second-step": "only who signs in with a browser has a second step",
    "POST /console/account/second-step/off": "only who signs in with a browser has a second step",
    "GET /console/schools.csv": "the lines of listSchools as a table: hub schools list --csv",
    "GET /console/use.csv": "the figures of showUse as a table: hub use --csv",
    "GET /console/use/packs/<pack>/use.csv": "those of showUseOfPack: hub use --pack --csv",
    "GET /console/rollouts/<rollout>/schools.csv": "the lines of listRolloutSchools as a table: "
    "hub rollouts schools --csv",
    "GET /console/audit/csv": "the lines of listAudit as a table: hub audit --csv",
}


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> list[Rule]:
    root: Path = tmp_path_factory.mktemp("faces") / "hub"
    initialise(root, "main", MovableClock(START))
    console: Console = create_app(open_hub(root, MovableClock(START))).extensions["console"]
    return console.rules


def _commands(group: click.Group, before: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        yield f"{before}{name}"
        if isinstance(command, click.Group):
            yield from _commands(command, f"{before}{name} ")


def _names(operations: tuple[Operation, ...]) -> list[str]:
    return [operation.name for operation in operations]


@pytest.mark.parametrize("operation", all_operations(), ids=_names(all_operations()))
def test_each_operation_has_its_screen_and_its_command(
    operation: Operation, rules: list[Rule]
) -> None:
    assert operation.screen in {rule.rule for rule in rules}, f"no screen {operation.screen}"
    assert operation.command in set(_commands(main)), f"no command `hub {operation.command}`"


@pytest.mark.parametrize("operation", all_operations(), ids=_names(all_operations()))
def test_a_screen_asks_for_the_right_that_its_operation_does(
    operation: Operation, rules: list[Rule]
) -> None:
    of_screen = {rule.right for rule in rules if rule.rule == operation.screen}
    assert operation.right in of_screen or None in of_screen


def test_each_screen_has_an_operation(rules: list[Rule]) -> None:
    named = {operation.screen for operation in all_operations()}
    alone = {
        f"{rule.method} {rule.rule}"
        for rule in rules
        if rule.rule not in named and f"{rule.method} {rule.rule}" not in BY_THEMSELVES
    }
    assert alone == set(), "a screen that programs and commands can't do: name it in an operation"


def test_the_list_of_those_by_themselves_is_true(rules: list[Rule]) -> None:
    there = {f"{rule.method} {rule.rule}" for rule in rules}
    assert set(BY_THEMSELVES) <= there
    assert all(BY_THEMSELVES.values())


def test_operations_have_names_and_places_of_their_own() -> None:
    names = _names(all_operations())
    assert len(names) == len(set(names))
    places = [(operation.method, operation.path) for operation in all_operations()]
    assert len(places) == len(set(places))


@pytest.mark.parametrize("operation", all_operations(), ids=_names(all_operations()))
def test_what_changes_something_is_a_form_there(operation: Operation, rules: list[Rule]) -> None:
    if operation.method == "GET":
        assert operation.body is None
    else:
        methods = {rule.method for rule in rules if rule.rule == operation.screen}
        assert "POST" in methods, f"{operation.screen} is no form's target"


def test_each_room_stands_once() -> None:
    names = [room.name for room in ROOMS]
    assert len(names) == len(set(names))
