"""Watching the drop folder: what was dropped and has settled is published by a job.

An entry has settled when nothing of it changed for `DROP_SETTLED_SECONDS` and no program that we
may look at has it open to write. A copy that stalls for longer is taken for finished, fails, and is
looked at once more when it changes. watchdog tells when something comes; where it can't (a network
file system), a look around every `DROP_SCAN_SECONDS` finds it all the same.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from content_packs import durable
from content_packs.errors import Missing, SatchelError
from hub import drop_entries
from hub.drop_entries import Entry
from hub.hub import Hub
from hub.jobs import service as jobs
from hub.jobs.model import OF_HUB, Job
from hub.limits import STOP_SECONDS
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.threads import Lasting
from hub.uploads.limits import DROP_SCAN_SECONDS, DROP_SETTLED_SECONDS

KIND = "publish-dropped"
LOGIN = "drop-folder"

State: TypeAlias = Literal["settling", "published", "failed"]


@dataclass(frozen=True)
class Dropped:
    """Something in the drop folder, and what became of it."""

    publisher: str
    name: str
    state: State
    words: str
    at: str


def dropped(hub: Hub, actor: Actor) -> list[Dropped]:
    """Return what lies in the folders of those publishers that are `actor`'s to see.

    Raises `Refused`, `StorageFailed`.
    """
    actor.expect(Right.PUBLISH)
    found = []
    for entry in drop_entries.entries(hub):
        if actor.sees_pack_of(entry.publisher):
            result = drop_entries.result_of(entry)
            state = result.outcome or "settling"
            found.append(Dropped(entry.publisher, entry.name, state, result.words, result.at))
    return found


@dataclass
class _Seen:
    fingerprint: str
    since: float
    job: str = ""


@dataclass
class Looks:
    """What one watcher knows from look to look.

    `seconds` come from a clock that never goes back.
    """

    hub: Hub
    _seen: dict[str, _Seen] = field(default_factory=dict)

    def look(self, seconds: float) -> bool:
        """Start jobs for what has settled; return whether something is still settling.

        Raises `StorageFailed`.
        """
        here = list(drop_entries.entries(self.hub))
        self._seen = {e.key: self._seen[e.key] for e in here if e.key in self._seen}
        settling = [self._look_at(entry, seconds) for entry in here]
        return any(settling)

    def _look_at(self, entry: Entry, seconds: float) -> bool:
        try:
            state = drop_entries.fingerprint(entry)
        except Missing:
            return True
        except SatchelError as error:
            state = "unreadable"
            if drop_entries.result_of(entry).fingerprint != state:
                drop_entries.write_result(self.hub, entry, state, error.message, published=False)
            return False
        if drop_entries.result_of(entry).fingerprint == state:
            self._seen.pop(entry.key, None)  # who removes the result has it tried once more
            return False
        seen = self._seen.get(entry.key)
        if seen is None or seen.fingerprint != state:
            self._seen[entry.key] = _Seen(state, seconds)
            return True
        if seen.job:
            return self._follow(entry, seen, seconds)
        if seconds - seen.since < DROP_SETTLED_SECONDS or drop_entries.is_being_written(entry):
            return True
        seen.job = self._start(entry, state).id
        return True

    def _start(self, entry: Entry, state: str) -> Job:
        actor = Actor(LOGIN, "publisher", "command", publisher=entry.publisher)
        arguments = {"publisher": entry.publisher, "name": entry.name, "fingerprint": state}
        return jobs.start(self.hub, actor, KIND, arguments, once=f"drop {entry.key}")

    def _follow(self, entry: Entry, seen: _Seen, seconds: float) -> bool:
        """See whether a job ended without a word: its process was killed, or bounded away."""
        try:
            job = jobs.get(self.hub, OF_HUB, seen.job)
        except Missing:
            del self._seen[entry.key]
            return True
        if not job.ended:
            return True
        if job.state == "done":  # it had changed meanwhile, or the result was removed
            self._seen[entry.key] = _Seen(seen.fingerprint, seconds)
            return True
        words = job.problem or "the job that publishes it was ended"
        drop_entries.write_result(
            self.hub, entry, seen.fingerprint, f"{words}\n{job.hint}".strip(), published=False
        )
        return False


class DropFolder(Lasting):
    """A thread that watches the drop folder until it is stopped; `report` gets what goes wrong."""

    def __init__(
        self,
        hub: Hub,
        report: Callable[[str], None],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__("drop-folder", STOP_SECONDS)
        self._looks = Looks(hub)
        self._folder = drop_entries.folder_of(hub)
        self._report = report
        self._monotonic = monotonic
        self._come = threading.Event()
        self._observer = Observer()

    def start(self) -> None:
        """Begin. What the disk refuses is reported, and keeps nothing else from being served."""
        try:
            durable.make_folder(self._folder)
            self._observer.schedule(_Told(self._come), str(self._folder), recursive=True)
            self._observer.start()
        except (OSError, SatchelError) as error:  # no inotify left, say: the looks around go on
            self._report(f"isn't told what comes, and looks around: {error}")
        super().start()

    def stop(self) -> None:
        """End."""
        self._stop.set()
        self._come.set()
        if self._observer.is_alive():
            self._observer.stop()
            self._observer.join(STOP_SECONDS)
        super().stop()

    def _run(self) -> None:
        while True:
            self._come.clear()  # before it looks: what comes meanwhile, or the end, is seen next
            if self._stop.is_set():
                return
            settling = False
            try:
                settling = self._looks.look(self._monotonic())
            except (OSError, SatchelError) as error:  # a folder that this user may not read, say
                self._report(str(error))
            if settling:
                self._stop.wait(DROP_SETTLED_SECONDS / 4)
            else:
                self._come.wait(DROP_SCAN_SECONDS)


class _Told(FileSystemEventHandler):
    """Wakes the watcher when something was written, made, moved or removed."""

    def __init__(self, come: threading.Event) -> None:
        self._come = come

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Wake it."""
        if event.event_type in {"created", "modified", "moved", "deleted", "closed"}:
            self._come.set()
