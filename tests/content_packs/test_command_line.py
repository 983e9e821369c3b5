"""An error reaches a person as words and an exit code, never as a traceback."""

import json

import click
import pytest
from click.testing import CliRunner

from content_packs import errors
from content_packs.command_line import Group, json_option, megabytes, print_json
from content_packs.errors import Refused, SatchelError


@click.group(cls=Group, extras="author")
def program() -> None:
    pass


@program.command()
@json_option
@click.argument("how")
def work(how: str, *, as_json: bool) -> None:
    if how == "refuse":
        raise Refused("fractions: version 1 isn't newer than 2", hint="Publish version 3.")
    if how == "import":
        raise ModuleNotFoundError("No module named 'pypdfium2'", name="pypdfium2")
    if how == "interrupt":
        raise KeyboardInterrupt
    print_json({"做": how, "json": as_json})


def test_an_error_is_words_a_hint_and_an_exit_code() -> None:
    result = CliRunner().invoke(program, ["work", "refuse"])
    assert result.exit_code == Refused.exit_code == 5
    assert result.stderr == (
        "error: fractions: version 1 isn't newer than 2\n  what to do: Publish version 3.\n"
    )
    assert result.stdout == ""


def test_an_error_for_a_script_is_json() -> None:
    result = CliRunner().invoke(program, ["work", "refuse", "--json"])
    assert result.exit_code == 5
    assert json.loads(result.stdout) == {
        "error": {
            "code": "refused",
            "message": "fractions: version 1 isn't newer than 2",
            "hint": "Publish version 3.",
        }
    }


def test_an_interrupt_is_no_traceback() -> None:
    result = CliRunner().invoke(program, ["work", "interrupt"])
    assert result.exit_code == 130
    assert "Traceback" not in result.stderr


def test_a_part_that_was_not_installed_is_named_with_what_to_install() -> None:
    result = CliRunner().invoke(program, ["work", "import"])
    assert result.exit_code == 2
    assert "pypdfium2" in result.stderr
    assert "pip install 'satchel[author]'" in result.stderr


def test_results_keep_their_script() -> None:
    assert CliRunner().invoke(program, ["work", "x", "--json"]).stdout == (
        '{"json": true, "做": "x"}\n'
    )


def test_each_class_of_error_has_its_own_exit_code_and_each_error_its_own_code() -> None:
    found = [
        error
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, SatchelError) and error is not SatchelError
    ]
    assert len({error.code for error in found}) == len(found)
    direct = [error for error in found if error.__base__ is SatchelError]
    codes = [error.exit_code for error in direct] + [errors.EXIT_CODE_FAULTY_FOLDER]
    assert len(set(codes)) == len(codes)
    assert not {0, 1} & set(codes)


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 B"), (999, "999 B"), (3_400, "3.4 kB"), (2.5e9, "2.5 GB")]
)
def test_bytes_in_words(count: float, words: str) -> None:
    assert megabytes(count) == words


def test_what_click_refuses_is_json_too_where_json_is_asked_for() -> None:
    result = CliRunner().invoke(program, ["work", "--json"])
    assert result.exit_code == 2
    error = json.loads(result.stdout)["error"]
    assert error["code"] == "usage"
    assert "HOW" in error["message"]
    assert error["hint"] == "See program work --help."
