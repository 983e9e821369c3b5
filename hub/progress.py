"""Progress on a terminal: one line on standard error, drawn at most some times a second."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)


@contextmanager
def shown() -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function that shows what is being done, and how many of how many bytes are.

    Where standard error is no terminal it shows nothing.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _doing, _done, _total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda doing, done, total: bar.update(
            task, description=doing, completed=done, total=total
        )
