"""What the units run: the clock goes on and never back, the journal's end survives power cuts."""

import os
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.source_code import CHECKOUT

SYSTEM = CHECKOUT / "deploy" / "node" / "system"
NOW = 1_800_000_000


class Box:
    """A folder of programs that stand for the system's: what it says, and what it was told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told = folder / "told"
        self.programs = folder / "programs"
        self.programs.mkdir()
        self.data = folder / "data" / "box"
        self.clock(NOW)

    def program(self, name: str, script: str) -> None:
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def clock(self, now: int) -> None:
        """Let `date` say this; setting it is only noted."""
        self.program(
            "date",
            f'case "$*" in +%s) echo {now} ;; *-s*) echo "$@" >> {self.told} ;; '
            f'*) exec /bin/date "$@" ;; esac',
        )

    def run(
        self, program: str, *arguments: str | Path, **said: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a script; `said`: what systemd says in its environment."""
        environment = {**os.environ, **said, "PATH": f"{self.programs}:{os.environ['PATH']}"}
        return subprocess.run(
            [SYSTEM / program, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )

    def restored(self) -> str:
        self.told.unlink(missing_ok=True)
        self.run("satchel-clock", "restore", self.data / "clock")
        return self.told.read_text() if self.told.exists() else ""


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def test_a_clock_that_starts_in_1970_is_set_to_when_the_box_was_last_on(box: Box) -> None:
    box.run("satchel-clock", "save", box.data / "clock")
    box.clock(100)
    assert box.restored() == f"-u -s @{NOW}\n"


def test_a_clock_that_is_ahead_is_never_put_back(box: Box) -> None:
    box.run("satchel-clock", "save", box.data / "clock")
    box.clock(NOW + 1)
    assert box.restored() == ""
    box.clock(NOW - 1)
    box.run("satchel-clock", "save", box.data / "clock")
    assert (box.data / "clock").read_text() == f"{NOW}\n", "what is noted doesn't go back, either"


def test_a_broken_clock_isnt_noted(box: Box) -> None:
    for wrong in (100, 9_000_000_000):
        box.clock(wrong)
        box.run("satchel-clock", "save", box.data / "clock")
        assert not (box.data / "clock").exists()


def test_without_a_note_nothing_is_done(box: Box) -> None:
    assert box.restored() == ""


def test_a_link_in_its_place_isnt_followed(box: Box, tmp_path: Path) -> None:
    box.data.mkdir(parents=True)
    (tmp_path / "other").write_text(f"{NOW + 5}\n")
    (box.data / "clock").symlink_to(tmp_path / "other")
    assert box.restored() == ""
    box.run("satchel-clock", "save", box.data / "clock")
    assert (tmp_path / "other").read_text() == f"{NOW + 5}\n"
    assert (box.data / "clock").read_text() == f"{NOW}\n"


def test_a_cut_while_it_is_noted_leaves_the_note_before(box: Box) -> None:
    box.run("satchel-clock", "save", box.data / "clock")
    box.clock(NOW + 60)
    box.program("mv", "kill -9 $PPID")
    with pytest.raises(subprocess.CalledProcessError):
        box.run("satchel-clock", "save", box.data / "clock")
    (box.programs / "mv").unlink()
    assert (box.data / "clock").read_text() == f"{NOW}\n"
    box.run("satchel-clock", "save", box.data / "clock")
    assert (box.data / "clock").read_text() == f"{NOW + 60}\n"


@settings(max_examples=25, deadline=None)
@given(data=st.binary(max_size=30) | st.from_regex(r"\A-?[0-9]{1,14}\n?\Z").map(str.encode))
def test_whatever_the_note_says_the_clock_is_set_to_a_time_ahead_or_left(
    data: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    box = Box(tmp_path_factory.mktemp("box"))
    box.data.mkdir(parents=True)
    (box.data / "clock").write_bytes(data)
    set_to = box.restored()
    if set_to:
        seconds = int(set_to.rpartition("@")[2])
        assert NOW < seconds < 7_258_118_400
        assert str(seconds).encode() in data


def logged(box: Box, text: str) -> None:
    box.program("journalctl", f"printf '%s\\n' '{text}'")


def test_the_journals_end_is_kept_and_that_of_the_start_before(box: Box, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logged(box, "mmc0: error -110")
    box.run("satchel-black-box", logs)
    boot = Path("/proc/sys/kernel/random/boot_id").read_text()
    assert (logs / "system.log").read_text() == f"boot {boot}mmc0: error -110\n"
    (logs / "system.log").write_text("boot of-yesterday\nthe last words\n")
    box.run("satchel-black-box", logs)
    assert (logs / "system.log.1").read_text() == "boot of-yesterday\nthe last words\n"
    assert "mmc0" in (logs / "system.log").read_text()
    assert {path.name for path in logs.iterdir()} == {"system.log", "system.log.1"}


def test_nothing_is_written_where_nothing_was_logged(box: Box, tmp_path: Path) -> None:
    logged(box, "one")
    box.run("satchel-black-box", tmp_path / "logs")
    before = (tmp_path / "logs" / "system.log").stat()
    box.run("satchel-black-box", tmp_path / "logs")
    after = (tmp_path / "logs" / "system.log").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize(
    ("result", "age_minutes", "is_kept"),
    [
        ("success", None, False),  # switched off, or told to begin anew
        ("exit-code", None, True),
        ("watchdog", 11, True),
        ("watchdog", 9, False),  # it fails again and again: the card isn't worn out by that
    ],
)
def test_when_the_node_fails_the_journals_end_is_kept(
    box: Box, tmp_path: Path, result: str, age_minutes: int | None, *, is_kept: bool
) -> None:
    box.program("systemctl", f'echo "$@" >> {box.told}')
    logs = tmp_path / "logs"
    logs.mkdir()
    if age_minutes is not None:
        (logs / "system.log").write_text("boot x\n")
        kept_at = time.time() - 60 * age_minutes
        os.utime(logs / "system.log", (kept_at, kept_at))
    box.run("satchel-node-ended", logs, SERVICE_RESULT=result)
    asked = box.told.read_text() if box.told.exists() else ""
    assert asked == ("--no-block start satchel-black-box.service\n" if is_kept else "")


def test_what_is_kept_of_a_long_journal_is_bounded(box: Box, tmp_path: Path) -> None:
    box.program("journalctl", "yes 'a line of the journal' | head -c 3000000; echo the end")
    box.run("satchel-black-box", tmp_path / "logs")
    kept = (tmp_path / "logs" / "system.log").read_text()
    assert len(kept) < 140_000
    assert kept.endswith("the end\n")


def test_the_real_journal_is_asked_as_it_wants_to_be() -> None:
    """Its options are ones that journalctl has; whether there is a journal here doesn't matter."""
    text = (SYSTEM / "satchel-black-box").read_text()
    options = text.partition("journalctl ")[2].partition("|")[0].replace('"$lines"', "5").split()
    done = subprocess.run(["journalctl", *options], capture_output=True, text=True, check=False)
    assert "unrecognized" not in done.stderr
    assert "invalid" not in done.stderr.lower()
