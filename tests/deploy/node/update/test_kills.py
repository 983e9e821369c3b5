"""Power cuts while root writes, starts or settles: whatever is cut off, the box starts and goes on.

`satchel-update` runs as a process, and is killed as it enters a system call that touches the card
or the node's folder. By default a few moments of each deed are taken; `--all` takes every one that
makes something durable.
"""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.node.update import asking
from deploy.node.update.trust import Wanted
from tests.support.killing import Killer, Moment
from tests.support.systems import Box, District, pi_slot, pi_start, squashfs_like, uefi_start

SEED = 20261122
DURABLE = "fsync|rename.*|unlink.*|pwrite64|mkdir.*"


class Cut:
    """A box about to do something, kept in a folder to begin again from."""

    def __init__(self, folder: Path, district: District) -> None:
        self.folder = folder
        self.district = district
        self.box = district.box
        self.killer = Killer(SEED)

    def keep(self) -> None:
        shutil.copytree(self.district.folder, self.folder / "kept")

    def back(self) -> None:
        """Have all be as it was kept."""
        shutil.rmtree(self.district.folder)
        shutil.copytree(self.folder / "kept", self.district.folder)

    def command(self, deed: str) -> list[str]:
        box = self.box
        proc = self.district.folder / "proc"
        (proc / "sys/kernel/random").mkdir(parents=True, exist_ok=True)
        (proc / "cmdline").write_text(f"quiet satchel.slot={box.slot}\n")
        (proc / "sys/kernel/random/boot_id").write_text(box.boot_id + "\n")
        version, satchel = box.card.release_in(box.slot)
        release = self.district.folder / "release.toml"
        release.write_text(f'system = {version}\nsatchel = "{satchel}"\n')
        regions = []
        for slot in ("a", "b"):
            region = box.card.region(slot)
            regions += ["--region", f"{slot}:{region.path}:{region.start}:{region.size}"]
        firmware = self.district.folder if box.uefi else self.district.folder / "none"
        return [
            sys.executable, "-S", "-m", "deploy.node.update.main", deed, "--data", str(box.data),
            "--boot", str(box.card.mounted), "--lock", str(self.district.folder / "lock"),
            "--release", str(release), "--proc", str(proc), "--firmware", str(firmware),
            *regions, "--reboot", "true",
        ]  # fmt: skip

    def moments(self, command: list[str]) -> None:
        self.killer.watch(command, self.district.folder, self.folder / "strace")


def request(box: Box, do: str, wanted: Wanted) -> None:
    plain = {"format": 1, "boot": box.boot_id, "do": do, **wanted._asdict()}
    (box.data / "run" / asking.ASKED).write_text(json.dumps(plain))


def chosen(killer: Killer, *, every: bool) -> list[Moment]:
    moments = killer.every(DURABLE)
    if every:
        return moments
    return killer._chance.sample(moments, min(3, len(moments)))


@pytest.fixture(params=[True, False], ids=["uefi", "pi"])
def cut(tmp_path: Path, request: pytest.FixtureRequest) -> Cut:
    (tmp_path / "outside").mkdir()
    return Cut(tmp_path / "outside", District.build(tmp_path / "all", uefi=request.param))


def starts(box: Box) -> str:
    """The slot that the firmware takes next, with all of a system in it."""
    boot = box.card.mounted
    slot = uefi_start(boot) if box.uefi else pi_slot(boot)
    version = box.card.release_in(slot)[0]
    whole = squashfs_like(version)
    assert box.card.read_slot(slot, len(whole)) == whole
    for name in ("vmlinuz", "initrd.img", "cmdline.txt"):
        assert (boot / slot / name).stat().st_size
    assert f"satchel.slot={slot}" in (boot / slot / "cmdline.txt").read_text()
    return slot


def finish(box: Box, wanted: Wanted) -> None:
    """Go on by hand as the node and the units would, until the new system is good."""
    for _ in range(8):
        updater = box.updater()
        updater.begin()
        if box.version == wanted.version:
            assert updater.try_out(lambda: True)
            return
        if box.said()["ready"] != wanted.version:
            request(box, "write", wanted)
            updater.take(_taken(box))
        request(box, "start", wanted)
        updater.take(_taken(box))
        box.starts += 1
        boot = box.card.mounted
        box.slot = uefi_start(boot) if box.uefi else pi_start(boot)
    raise AssertionError(f"the new system never came: {box.said()}")


def _taken(box: Box) -> asking.Request:
    found = asking.take(box.data / "run", box.boot_id)
    asking.end(box.data / "run")
    assert found
    return found


def killed_and_begun_again(cut: Cut, deed: str, wanted: Wanted, *, every: bool) -> int:
    command = cut.command(deed)
    cut.keep()
    cut.moments(command)
    killed = 0
    for moment in chosen(cut.killer, every=every):
        cut.back()
        if not cut.killer.kill(command, moment):
            continue
        killed += 1
        try:
            cut.box.starts += 1
            cut.box.slot = starts(cut.box)
            finish(cut.box, wanted)
            assert starts(cut.box) == cut.box.slot
            assert cut.box.version == wanted.version
        except BaseException as error:
            error.add_note(f"{deed}, killed at {moment}")
            raise
        finally:
            cut.box.starts -= 1
    return killed


def write(cut: Cut) -> Wanted:
    wanted = cut.district.bring(2)
    cut.box.power_on()
    request(cut.box, "write", wanted)
    return wanted


def start(cut: Cut) -> Wanted:
    wanted = write(cut)
    cut.box.updater().take(_taken(cut.box))
    request(cut.box, "start", wanted)
    return wanted


def both(cut: Cut, ready: Callable[[Cut], Wanted], *, every: bool) -> None:
    slot = cut.box.slot
    wanted = ready(cut)
    assert killed_and_begun_again(cut, "take", wanted, every=every) >= 2
    assert slot in {"", "a"}


def test_a_cut_while_a_system_is_written(cut: Cut) -> None:
    both(cut, write, every=False)


def test_a_cut_while_it_is_started(cut: Cut) -> None:
    both(cut, start, every=False)


@pytest.mark.long
@pytest.mark.parametrize("ready", [write, start])
def test_every_cut(cut: Cut, ready: Callable[[Cut], Wanted]) -> None:
    both(cut, ready, every=True)


@pytest.mark.parametrize("serves", [True, False])
def test_a_cut_while_it_is_settled_or_left(cut: Cut, *, serves: bool) -> None:
    """In the new system: each step alone, by a disk that fails from then on."""
    wanted = start(cut)
    box = cut.box
    box.updater().take(_taken(box))
    box.power_off()
    box.power_on()
    assert box.version == 2
    cut.keep()
    for step in range(6):
        cut.back()
        box.slot = "b"
        updater = box.updater()
        updater.begin()
        updater._booting = _CutAfter(updater._booting, step)
        done = False
        try:
            updater._remember = updater._booting.counted(updater._remember)  # type: ignore[method-assign]
            updater.try_out(lambda: serves)
            done = True
        except _Cut:
            pass
        box.starts += 1
        box.slot = starts(box)
        updater = box.updater()
        updater.begin()
        if updater.is_trial:
            updater.try_out(lambda: serves)
            box.slot = starts(box)
        if serves:
            finish(box, wanted)
        elif updater._memory.has_failed(2):
            assert starts(box) == "a"
        if done:
            return
    raise AssertionError("it has more steps than were tried")


class _Cut(Exception):
    """The power went."""


class _CutAfter:
    """Stands for the boot partition's writer, and ends all after some steps."""

    def __init__(self, real: object, steps: int) -> None:
        self._real = real
        self._left = steps

    def counted(self, deed: Callable[..., object]) -> Callable[..., object]:
        def one(*arguments: object) -> object:
            if not self._left:
                raise _Cut
            self._left -= 1
            return deed(*arguments)

        return one

    def __getattr__(self, name: str) -> object:
        return self.counted(getattr(self._real, name))
