"""What a program did to the file system, call by call, as strace saw it.

strace prints a call of one thread in two lines where another thread's came between: those are put
together, so that each call has the moment at which it began and the one at which it was answered.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SECONDS_MAX = 120.0
WRITES = ("write", "pwrite64", "writev", "pwritev", "pwritev2", "ftruncate", "fallocate",
          "sendfile")  # fmt: skip
FLUSHES = ("fsync", "fdatasync", "syncfs")
RENAMES = ("rename", "renameat", "renameat2")
REMOVALS = ("unlink", "unlinkat")
FOLDERS = ("mkdir", "mkdirat")
_TRACED = (*WRITES, *FLUSHES, *RENAMES, *REMOVALS, *FOLDERS, "openat", "exit_group")
_WHOLE = re.compile(r"(\d+) +(\w+)\((.*)")
_RESUMED = re.compile(r"(\d+) +<\.\.\. (\w+) resumed>(.*)")
_UNFINISHED = "<unfinished ...>"
_DESCRIPTOR = re.compile(r"(\d+|AT_FDCWD)<(.*?)>(?:\(deleted\))?")
_NAMED = re.compile(r'(?:(?:\d+|AT_FDCWD)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"')
_RESULT = re.compile(r"(.*)\) += (-?\d+|\?)")


@dataclass(frozen=True)
class Call:
    """A call that succeeded: `paths` are those that it names, `began` and `ended` moments.

    `descriptor` is the first file descriptor among its arguments, -1 where there is none.
    """

    name: str
    paths: tuple[str, ...]
    began: int
    ended: int
    descriptor: int = -1
    creates: bool = False
    process: int = 0

    def __str__(self) -> str:
        return f"line {self.began + 1}: {self.name}({', '.join(self.paths)})"


def strace(*options: str) -> list[str]:
    """Return the beginning of a command that traces another."""
    found = shutil.which("strace")
    assert found, "strace is missing: scripts/test installs it"
    return [found, "-f", "-qq", *options]


def traced(
    command: Sequence[str], log: Path, *, environment: Mapping[str, str], cwd: Path
) -> list[Call]:
    """Run a command to its end, and return what it did. Fails where the command does."""
    options = ("--seccomp-bpf", "-y", "-s", "0", "-o", str(log), "-e", f"trace={','.join(_TRACED)}")
    done = subprocess.run(
        [*strace(*options), *command], env=dict(environment), cwd=cwd, capture_output=True,
        text=True, timeout=SECONDS_MAX, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return calls_of(log.read_text(errors="replace"))


def calls_of(text: str) -> list[Call]:
    """Return the calls in strace's output that succeeded, in the order in which they ended."""
    return list(_calls(text))


def _calls(text: str) -> Iterator[Call]:
    begun: dict[tuple[str, str], tuple[int, str]] = {}
    for moment, line in enumerate(text.splitlines()):
        if found := _RESUMED.fullmatch(line):
            process, name, rest = found.groups()
            began, first = begun.pop((process, name))
            rest = first + rest
        elif found := _WHOLE.fullmatch(line):
            process, name, rest = found.groups()
            began = moment
            if rest.endswith(_UNFINISHED):
                begun[process, name] = moment, rest.removesuffix(_UNFINISHED)
                continue
        else:
            continue
        answered = _RESULT.match(rest)
        if answered and (name == "exit_group" or answered[2] not in {"-1", "?"}):
            yield _call(name, answered[1], began, moment, int(process))


def _call(name: str, arguments: str, began: int, ended: int, process: int) -> Call:
    if name in (*RENAMES, *REMOVALS, *FOLDERS, "openat"):
        paths = tuple(
            path if path.startswith("/") or not folder else f"{folder}/{path}"
            for folder, path in _NAMED.findall(arguments)
        )
        creates = name == "openat" and "O_CREAT" in arguments
        return Call(name, paths, began, ended, creates=creates, process=process)
    found = _DESCRIPTOR.match(arguments)
    if not found:
        return Call(name, (), began, ended, process=process)
    number = int(found[1]) if found[1].isdigit() else -1
    return Call(name, (found[2],), began, ended, number, process=process)
