"""Sticks for tests: plain folders, and disks that fail, lie or are pulled after so many calls."""

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_COUNTED = ("open", "read", "write", "preadv", "fsync", "mkdir", "rename", "unlink", "scandir")


@dataclass
class Disk:
    """The calls of `os`, counted; each may be answered otherwise by `answer`.

    `answer` gets the name of the call and its number, counted over all, and raises, or returns
    None for what the system says.
    """

    answer: Callable[[str, int], None] = lambda _name, _number: None
    calls: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in _COUNTED:
            return real

        def call(*args: Any, **named: Any) -> Any:
            self.calls.append(name)
            self.answer(name, len(self.calls))
            return real(*args, **named)

        return call


def pulled_after(number: int) -> Disk:
    """A disk that is gone after so many calls."""

    def answer(_name: str, at: int) -> None:
        if at > number:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    return Disk(answer)


def failing(name: str, code: int) -> Disk:
    """A disk of which one kind of call always fails."""

    def answer(called: str, _at: int) -> None:
        if called == name:
            raise OSError(code, os.strerror(code))

    return Disk(answer)
