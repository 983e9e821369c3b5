"""Asking that the box be switched off, and what carries it out: once, now, or not at all."""

import subprocess
from pathlib import Path

import pytest

from sync_node import switching_off
from sync_node.box_clock import uptime
from sync_node.data_dir import DataDir
from sync_node.limits import POWEROFF_END_SECONDS, POWEROFF_TAKEN_SECONDS
from sync_node.trusted_time import Uptime
from tests.support.source_code import CHECKOUT

SCRIPT = CHECKOUT / "deploy" / "node" / "system" / "satchel-poweroff"


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    return DataDir(tmp_path)


def carried_out(data_dir: DataDir) -> bool:
    """Run what the unit runs; say whether the system is to switch the box off."""
    done = subprocess.run([SCRIPT, data_dir.run], check=False, capture_output=True)
    assert done.returncode in {0, 3}, done.stderr
    return done.returncode == 0


def test_nothing_was_asked(data_dir: DataDir) -> None:
    assert switching_off.look(data_dir, Uptime("boot", 100)).state == "none"


def test_it_is_asked_taken_and_carried_out_once(data_dir: DataDir) -> None:
    switching_off.ask(data_dir, uptime())
    assert switching_off.look(data_dir, uptime()).state == "asked"
    assert carried_out(data_dir)
    assert switching_off.look(data_dir, uptime()).state == "ending"
    switching_off.ask(data_dir, uptime())  # a form that was sent twice
    assert not carried_out(data_dir)


def test_a_request_that_nobody_takes_is_told_of_as_that(data_dir: DataDir) -> None:
    switching_off.ask(data_dir, Uptime("boot", 100.0))
    later = Uptime("boot", 101.0 + POWEROFF_TAKEN_SECONDS)
    assert switching_off.look(data_dir, later).state == "unheard"
    switching_off.ask(data_dir, later)
    assert switching_off.look(data_dir, later).state == "asked"


def test_a_box_that_goes_on_all_the_same_is_told_of(data_dir: DataDir) -> None:
    switching_off.ask(data_dir, Uptime("boot", 100.0))
    (data_dir.run / "poweroff").rename(data_dir.run / "poweroff-taken")
    later = Uptime("boot", 101.0 + POWEROFF_END_SECONDS)
    assert switching_off.look(data_dir, later).state == "still-on"


def test_after_a_start_it_is_no_request_any_more(data_dir: DataDir) -> None:
    switching_off.ask(data_dir, Uptime("another start", 100.0))
    assert switching_off.look(data_dir, uptime()).state == "none"
    assert not carried_out(data_dir)
    assert list(data_dir.run.iterdir()) == []


@pytest.mark.parametrize(
    "text", ["", "x", "{boot} -5", "{boot} 1;reboot", "{boot} $(reboot)", "{boot} " + "9" * 30]
)
def test_what_is_no_request_does_nothing(data_dir: DataDir, text: str) -> None:
    data_dir.run.mkdir()
    (data_dir.run / "poweroff").write_text(text.format(boot=uptime().boot) + "\n")
    assert not carried_out(data_dir)
    assert not (data_dir.run / "poweroff").exists()


def test_an_old_request_of_this_start_does_nothing(data_dir: DataDir) -> None:
    now = uptime()
    switching_off.ask(data_dir, Uptime(now.boot, now.seconds - 100))
    assert not carried_out(data_dir)


def test_a_link_in_its_place_is_not_followed(data_dir: DataDir, tmp_path: Path) -> None:
    data_dir.run.mkdir()
    (tmp_path / "precious").write_text(f"{uptime().boot} {uptime().seconds:.0f}\n")
    (data_dir.run / "poweroff").symlink_to(tmp_path / "precious")
    assert not carried_out(data_dir)
    assert (tmp_path / "precious").exists()
    assert list(data_dir.run.iterdir()) == []


def test_the_units_name_the_files_that_the_site_writes() -> None:
    folder = SCRIPT.parent
    path = (folder / "satchel-poweroff.path").read_text()
    service = (folder / "satchel-poweroff.service").read_text()
    assert f"PathExists=/var/lib/satchel/run/{switching_off.ASKED}\n" in path
    assert "Unit=satchel-poweroff.service" in path
    assert "ExecStart=/usr/lib/satchel/satchel-poweroff /var/lib/satchel/run\n" in service
    assert "SuccessAction=poweroff\n" in service
    script = SCRIPT.read_text()
    assert f"/{switching_off.ASKED}\n" in script
    assert f"/{switching_off.TAKEN}\n" in script
