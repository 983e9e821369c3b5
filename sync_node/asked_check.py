"""A check that somebody asked the engine for: carried out between two ticks, and its result kept.

`checked.json` is written when a check begins and when it ends, by whoever checks; how far it is, in
between, is in `checking.json`, which isn't flushed and means nothing after a power cut. An order is
forgotten when its check has ended. One that is cut off, because the box or the engine ended, is
begun anew at the next start, a few times.
"""

import os
import time
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal, TypeAlias

import msgspec

from content_packs import durable
from content_packs.errors import Refused, SatchelError, StorageFailed
from sync_node import checking, trusted_time
from sync_node.checking import Findings
from sync_node.data_dir import DataDir
from sync_node.in_force import config_in_force
from sync_node.limits import (
    CHECK_BYTES_PER_SECOND,
    CHECK_NAMES_KEPT_MAX,
    CHECK_TRIES_MAX,
    CHECKED_BYTES_MAX,
    PROGRESS_FILE_SECONDS,
)
from sync_node.lock import engine_lock
from sync_node.orders import Orders, Stamp
from sync_node.progress_file import is_alive, put_unflushed

NAME = "checked.json"
PROGRESS_NAME = "checking.json"

State: TypeAlias = Literal["running", "clean", "mended", "failed"]
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]


class Checked(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the last check went. Times are RFC 3339.

    `state`: `running`, which is true while the process `pid` lives; `clean`; `mended`: something
    was wrong, and what can be mended is, or is fetched again; `failed`: `trouble` says why.
    `rotten`: how many files; `lessons`: those that were closed or put back, in words; `other`: what
    else was wrong. `tries`: how often it was begun.
    """

    state: State
    began: str
    ended: str = ""
    pid: int = 0
    files: Count = 0
    size: Count = 0
    rotten: Count = 0
    lessons: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    trouble: str = ""
    tries: Count = 1


def last(data_dir: DataDir) -> Checked | None:
    """Return how the last check went; None where there was none, or it can't be read."""
    try:
        with (data_dir.root / NAME).open("rb") as file:
            return msgspec.json.decode(file.read(CHECKED_BYTES_MAX), type=Checked)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def progress(data_dir: DataDir) -> tuple[int, int] | None:
    """Return the bytes done and the bytes in all of a check that is at work, None for none."""
    try:
        with (data_dir.root / PROGRESS_NAME).open("rb") as file:
            pid, done, total = msgspec.json.decode(file.read(256), type=tuple[int, int, int])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    return (done, total) if is_alive(pid) else None


class AskedCheck:
    """Looks whether a check was asked for, and does it. The engine's process has one."""

    def __init__(
        self,
        data_dir: DataDir,
        *,
        clock: Callable[[], datetime],
        log: Callable[[str], None],
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._data_dir = data_dir
        self._orders = Orders(data_dir)
        self._clock = clock
        self._log = log
        self._sleep = sleep
        self._monotonic = monotonic
        self._dealt: Stamp | None = None  # with an order that can't be removed

    @property
    def is_asked(self) -> bool:
        """Whether there is an order that wasn't dealt with."""
        return self._orders.check_asked_for not in {None, self._dealt}

    def look(self) -> bool:
        """Do what was asked for, if anything; say whether something was mended. Never raises.

        Where another process is at work the order stays, for the next look.
        """
        asked = self._orders.check_asked_for
        if asked is None or asked == self._dealt:
            return False
        before = last(self._data_dir)
        tries = before.tries + 1 if before and before.state == "running" else 1
        try:
            found = self._checked(tries)
        except Refused as error:
            self._log(error.message)
            return False
        except SatchelError as error:
            self._log(f"the check failed: {error.message}")
            found = Checked("failed", self._now(), self._now(), trouble=error.message, tries=tries)
            note(self._data_dir, found)
        self._dealt = asked
        try:
            self._orders.check_done(asked)
        except StorageFailed as error:
            self._log(error.message)
        return found.state == "mended"

    def _checked(self, tries: int) -> Checked:
        if tries > CHECK_TRIES_MAX:
            raise StorageFailed(f"it was cut off {CHECK_TRIES_MAX} times")
        found = config_in_force(self._data_dir)
        with engine_lock(self._data_dir):
            return noted(
                self._data_dir,
                lambda show: checking.check(
                    self._data_dir, found, now=self._clock(), progress=show
                ),
                clock=self._clock,
                progress=self._pace(),
                tries=tries,
            )[1]

    def _pace(self) -> Callable[[int, int], None]:
        """Return what holds the reading back, so that pupils' films go on."""
        began = self._monotonic()

        def pace(done: int, _total: int) -> None:
            self._sleep(max(began + done / CHECK_BYTES_PER_SECOND - self._monotonic(), 0.0))

        return pace

    def _now(self) -> str:
        return trusted_time.in_words(self._clock())


def noted(
    data_dir: DataDir,
    check: Callable[[Callable[[int, int], None]], Findings],
    *,
    clock: Callable[[], datetime],
    progress: Callable[[int, int], None],
    tries: int = 1,
) -> tuple[Findings, Checked]:
    """Run a check, under the engine's lock, and note how it goes and how it went.

    `check` gets what to tell how far it is. Raises what it raises.
    """
    began = trusted_time.in_words(clock())
    note(data_dir, Checked("running", began, pid=os.getpid(), tries=tries))
    written = float("-inf")

    def show(done: int, total: int) -> None:
        nonlocal written
        progress(done, total)
        if time.monotonic() - written >= PROGRESS_FILE_SECONDS:
            written = time.monotonic()
            put_unflushed(
                data_dir.root / PROGRESS_NAME, msgspec.json.encode((os.getpid(), done, total))
            )

    try:
        findings = check(show)
    finally:
        put_unflushed(data_dir.root / PROGRESS_NAME, b"")
    done = result(findings, began=began, ended=trusted_time.in_words(clock()))
    note(data_dir, done)
    return findings, done


def result(found: Findings, *, began: str, ended: str) -> Checked:
    """Return what is kept of a check's findings. Pure."""
    other = [f"manifest {name}" for name in found.manifests]
    other += [text for text in (found.metadata, found.choices, found.identity) if text]
    if found.rebuilt:
        other.append("node.db was missing or damaged, and was made anew")
    return Checked(
        "clean" if found.clean else "mended",
        began,
        ended,
        files=found.files,
        size=found.size,
        rotten=len(found.rotten),
        lessons=tuple(found.lessons[:CHECK_NAMES_KEPT_MAX]),
        other=tuple(other[:CHECK_NAMES_KEPT_MAX]),
    )


def note(data_dir: DataDir, found: Checked) -> None:
    """Keep how a check goes. A disk that can't take it says so elsewhere."""
    try:
        durable.write(data_dir.root / NAME, msgspec.json.encode(found))
    except StorageFailed:
        return
