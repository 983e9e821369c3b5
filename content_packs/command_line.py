"""What the three command lines share: how an error, a result and a progress are said.

A command raises `SatchelError`; the group prints it as `error: ...` and what to do, and ends with
its exit code. With `--json` a command prints one JSON object, also for an error:
`{"error": {"code": ..., "message": ..., "hint": ...}}`.
"""

import contextlib
import gc
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import click

from content_packs.errors import NotInstalled, SatchelError, UsageError

_Command = TypeVar("_Command", bound=Callable[..., Any])

_OBJECTS_BETWEEN_COLLECTIONS = 20_000
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells say it


def json_option(command: _Command) -> _Command:
    """Add `--json`: print the result as one JSON object, for scripts."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")(command)


def print_json(value: object, *, err: bool = False) -> None:
    """Print `value` as one line of JSON, on standard error if `err`."""
    click.echo(json.dumps(value, ensure_ascii=False, sort_keys=True), err=err)


def collect_less() -> None:
    """Have the garbage collector look for circles after 20,000 new objects instead of 700.

    For commands that make hundreds of thousands of objects that live until they end, and few
    circles: some 5% of their time otherwise goes into looking.
    """
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """Have the garbage collector rest while modules are loaded, and pass over them ever after.

    They stay until the program ends; looking for circles among them is a tenth of the time that a
    server takes to start.
    """
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


class Group(click.Group):
    """A click group in which no traceback reaches a user.

    `extras`: what of Satchel has to be installed for all of its commands to work.
    """

    def __init__(self, *args: Any, extras: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._extras = extras

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run, and turn a `SatchelError` into its message and exit code."""
        try:
            return super().main(*args, **kwargs)
        except SatchelError as error:
            _say(error, as_json="--json" in (kwargs.get("args") or sys.argv))
            sys.exit(error.exit_code)

    def invoke(self, ctx: click.Context) -> Any:
        """Invoke; turn Ctrl-C into a word and an exit code before click makes it its own.

        Raises `NotInstalled` where a command imports a library that isn't there, and `UsageError`
        for what click refuses where JSON is asked for: its own words are none.
        """
        as_json = "--json" in ctx.args
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            if not as_json:
                raise
            path = (error.ctx or ctx).command_path
            raise UsageError(error.format_message(), hint=f"See {path} --help.") from error
        except ModuleNotFoundError as error:
            raise NotInstalled(
                f"this needs the Python module {error.name}, which isn't installed",
                hint=f"Install all that this program needs: pip install 'satchel[{self._extras}]'",
            ) from error
        except (KeyboardInterrupt, click.Abort):
            click.echo("stopped", err=True)
            ctx.exit(EXIT_INTERRUPTED)


def _say(error: SatchelError, *, as_json: bool) -> None:
    if as_json:
        print_json({"error": {"code": error.code, "message": error.message, "hint": error.hint}})
        return
    click.echo(f"error: {error.message}", err=True)
    if error.hint:
        click.echo(f"  what to do: {error.hint}", err=True)


def plain(text: str) -> str:
    """Return what strangers wrote as it can be printed in a line.

    What would move a terminal's cursor, colour it or turn its direction is shown as `?`.
    """
    return "".join(character if character.isprintable() else "?" for character in text)


def megabytes(count: float) -> str:
    """Return a number of bytes in words, such as `3.4 kB` (powers of ten)."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count:.0f} B"
