"""Kinds of jobs that tests start: what each does, its process sees in the arguments."""

import os
import signal
import time
from pathlib import Path
from typing import Any

from content_packs.errors import InvalidContent
from hub.errors import Busy
from hub.hub import Hub
from hub.jobs import kinds
from hub.jobs.context import JobContext
from hub.people.rights import Right
from hub.publishing import publish

_NAMES = (
    "add_up", "refuse", "stumble", "find_it_busy", "eat", "sleep", "shout", "die_once",
    "publish_cut", "spin",
)  # fmt: skip


def register() -> None:
    for name in _NAMES:
        kinds.register(f"test-{name}", f"tests.hub.jobs.kinds:{name}", name, Right.OPERATE)


def add_up(_hub: Hub, context: JobContext) -> dict[str, Any]:
    numbers = context.arguments["numbers"]
    for count, number in enumerate(numbers):
        context.log(f"adding {number}")
        context.progress(count, len(numbers), "adding")
    context.progress(len(numbers), len(numbers), "added")
    return {"sum": sum(numbers), "by": context.actor.login}


def refuse(_hub: Hub, _context: JobContext) -> None:
    raise InvalidContent("lesson.toml: has no title", hint="Give it one.")


def stumble(_hub: Hub, _context: JobContext) -> None:
    raise RuntimeError("nobody thought of this")


def find_it_busy(_hub: Hub, _context: JobContext) -> None:
    raise Busy("another command is writing")


def eat(_hub: Hub, _context: JobContext) -> dict[str, int]:
    return {"bytes": len(bytearray(1 << 30))}


def sleep(_hub: Hub, context: JobContext) -> None:
    """Say its process's number in a file, and go on until it is ended."""
    (context.folder() / "half").write_text("half done", encoding="utf-8")
    Path(context.arguments["pid"]).write_text(str(os.getpid()), encoding="utf-8")
    for second in range(300):
        context.progress(second, 300, "sleeping")
        time.sleep(1)


def publish_cut(hub: Hub, context: JobContext) -> dict[str, Any]:
    """Publish a cpack, and die at the step that the arguments name for this attempt."""
    steps = [*context.arguments["cuts"], 0]
    ends_at, step = steps[context.job.attempts - 1], 0

    def show(_doing: str, _done: int, _total: int) -> None:
        nonlocal step
        step += 1
        if step == ends_at:
            os.kill(os.getpid(), signal.SIGKILL)

    published = publish(hub, Path(context.arguments["path"]), show)
    return {"version": published.version.version, "already": published.already, "steps": step}


def spin(_hub: Hub, _context: JobContext) -> None:
    while True:
        pass


def shout(_hub: Hub, context: JobContext) -> None:
    for number in range(10_000):
        context.log(f"line {number}: a moving \x1b[31mcolour and 多少钱")


def die_once(_hub: Hub, context: JobContext) -> dict[str, Any]:
    """Die as an attempt that is killed does, and find at the next one what was left."""
    note = context.folder() / "begun"
    if note.exists():
        return {"attempt": context.job.attempts, "found": note.read_text(encoding="utf-8")}
    note.write_text("by the first", encoding="utf-8")
    os.kill(os.getpid(), signal.SIGKILL)
    return {}
