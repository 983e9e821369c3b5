"""Whether a program made things durable in the right order, proved from what it called.

For all that lies in a data directory, but for what is in the making under incoming/:

1. A file gets its name there by a rename, after its last write was flushed.
2. The folder of a rename, and of a new folder, is flushed before the next database transaction is
   written, and before anything is acknowledged: printed, or shown by the program's end.
3. A transaction is flushed before a file is removed (rows go before files), before the next thing
   gets its name, and before anything is acknowledged; a database before its log is removed.

A flush covers what was written before it began, and counts from when it was answered.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.system_calls import FLUSHES, FOLDERS, REMOVALS, RENAMES, WRITES, Call

_STANDARD_OUTPUT = 1
_TEMPORARY = ".part"
_LOGS = ("-wal", "-journal")  # what SQLite flushes for a transaction to stand
_IN_THE_MAKING = "incoming"
# What SQLite sees to, locks, and how far a tick is, which means nothing after a power cut.
_UNGUARDED = (*_LOGS, ".db", "-shm", "lock", "/progress.json", "/checking.json")


@dataclass
class Order:
    """Follows calls. `faults` says what was wrong, `named` counts what got its name."""

    root: Path
    faults: list[str] = field(default_factory=list)
    named: int = 0
    transactions: int = 0
    acknowledged: int = 0
    _unflushed: dict[str, Call] = field(default_factory=dict)  # files, and their last write
    _entries: dict[str, Call] = field(default_factory=dict)  # folders, and their last new name

    def follow(self, calls: Iterable[Call]) -> "Order":
        for call in calls:
            if call.name in WRITES:
                self._write(call)
            elif call.name in FLUSHES:
                self._flush(call)
            elif call.name in RENAMES:
                self._rename(call)
            elif call.name in FOLDERS:
                self._new_name(call, call.paths[-1])
            elif call.name in REMOVALS:
                self._remove(call)
            elif call.name == "openat":
                self._open(call)
            elif call.name == "exit_group":
                self._acknowledge(call, "the program ends")
        return self

    def _short(self, path: str) -> str:
        return path.removeprefix(f"{self.root}/")

    def _is_guarded(self, path: str) -> bool:
        short = self._short(path)
        making = short == _IN_THE_MAKING or short.startswith(f"{_IN_THE_MAKING}/")
        return self._is_ours(path) and not making and not path.endswith(_UNGUARDED)

    def _is_ours(self, path: str) -> bool:
        return path.startswith(f"{self.root}/")

    def _write(self, call: Call) -> None:
        if call.descriptor == _STANDARD_OUTPUT:
            self._acknowledge(call, "something is printed")
        for path in call.paths:
            if not self._is_ours(path):
                continue
            if path.endswith(_LOGS):
                self._expect_entries(call, "a transaction is written")
                self.transactions += path not in self._unflushed
            self._unflushed[path] = call

    def _flush(self, call: Call) -> None:
        for known in (self._unflushed, self._entries):
            covered = [
                path
                for path, done in known.items()
                if done.ended < call.began and (call.name == "syncfs" or path in call.paths)
            ]
            for path in covered:
                del known[path]

    def _rename(self, call: Call) -> None:
        source, target = call.paths
        written = self._unflushed.pop(source, None)
        if self._is_guarded(target):
            self.named += 1
            if written:
                self._fault(target, f"gets its name ({call}) before it is flushed", written)
            self._expect_transactions(call, f"{self._short(target)} gets its name")
        self._new_name(call, target)

    def _new_name(self, call: Call, path: str) -> None:
        if self._is_guarded(path):
            self._entries[str(Path(path).parent)] = call

    def _remove(self, call: Call) -> None:
        (path,) = call.paths
        self._unflushed.pop(path, None)
        database = path.removesuffix(_LOGS[0])
        if path.endswith(_LOGS[0]) and database in self._unflushed:
            written = self._unflushed.pop(database)
            self._fault(database, f"isn't flushed when its log is removed ({call})", written)
        if self._is_guarded(path) and not path.endswith(_TEMPORARY):
            self._expect_transactions(call, f"{self._short(path)} is removed")

    def _open(self, call: Call) -> None:
        (path,) = call.paths
        if call.creates and self._is_guarded(path) and not path.endswith(_TEMPORARY):
            self.faults.append(f"{self._short(path)}: is written under its own name ({call})")

    def _acknowledge(self, call: Call, what: str) -> None:
        self.acknowledged += 1
        self._expect_entries(call, what)
        self._expect_transactions(call, what)

    def _expect_entries(self, call: Call, what: str) -> None:
        for folder, named in self._entries.items():
            self._fault(folder, f"isn't flushed when {what} ({call})", named)
        self._entries.clear()

    def _expect_transactions(self, call: Call, what: str) -> None:
        for path in [path for path in self._unflushed if path.endswith(_LOGS)]:
            self._fault(path, f"isn't flushed when {what} ({call})", self._unflushed.pop(path))

    def _fault(self, path: str, problem: str, before: Call) -> None:
        self.faults.append(f"{self._short(path)}: {problem}; what was to be flushed: {before}")
