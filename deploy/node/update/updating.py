"""What is done when: each step durable before the next, and each safe to come upon half done.

write    remember that nothing is ready → disarm the other slot → write it, read it back → its boot
         files → remember what is ready
start    remember that it is started → arm → reboot
trial    (in the new slot) the site serves for some minutes → settle → remember that it is done
         it doesn't → disarm → remember that it failed → reboot: the old one starts
fallback (in the old slot) the loader has no tries left, or the firmware came back as often as it
         may → remember that it failed → disarm

A system only goes forward: a version that isn't newer than the one that runs is refused, and one
that failed isn't tried again.
"""

from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from deploy.node.update import asking, card, files, manifest, memory, trust
from deploy.node.update.asking import Request, Said
from deploy.node.update.booting import Booting
from deploy.node.update.card import Card
from deploy.node.update.faults import Invalid, Refused, UpdateError
from deploy.node.update.limits import (
    MANIFEST_BYTES_MAX,
    METADATA_BYTES_MAX,
    ROOT_BYTES_MAX,
    ROOTS_MAX,
    TRIES,
)
from deploy.node.update.memory import Memory, Ready
from deploy.node.update.trust import Believed, Wanted


class Running(NamedTuple):
    """What runs: this start of the box, its machine, slot and version."""

    boot: str
    arch: str
    slot: str
    version: int
    satchel: str = ""


class Updater:
    """Does it on one box. `data`: the node's data directory; `reboot` starts the box again."""

    def __init__(
        self,
        running: Running,
        on: Card,
        booting: Booting,
        data: Path,
        *,
        reboot: Callable[[], None],
    ) -> None:
        self._running = running
        self._card = on
        self._booting = booting
        self._data = data
        self._reboot = reboot
        self._memory = memory.load(on.boot)
        self._trouble = ("", "")
        self._doing = "idle"
        self._asked: Wanted | None = None

    @property
    def is_trial(self) -> bool:
        """Whether this start tries a new system."""
        ready = self._memory.ready
        return bool(ready and ready.slot == self._running.slot) and not self._is_another_system()

    def _is_another_system(self) -> bool:
        """Say whether something else lies in the slot than what was written: a new card, say."""
        ready = self._memory.ready
        return ready is not None and ready.wanted.version != self._running.version

    def begin(self) -> None:
        """Take up what the last start left, and tell the node. Raises `Failed`."""
        ready = self._memory.ready
        if ready and ready.slot == self._running.slot:
            if self._is_another_system():  # the card was written anew
                self._remember(self._memory._replace(ready=None))
            else:
                self._doing = "trying"
        elif ready and (starts := self._starts_in_vain(ready)):
            self._fail(ready, f"{starts} starts, and it never served")
        elif ready and ready.wanted.version <= self._running.version:
            self._remember(self._memory._replace(ready=None))
        self.say()

    def _starts_in_vain(self, ready: Ready) -> int:
        """Return how often a system was started that has no tries left; 0 where it has."""
        left = self._booting.tries_left(ready.slot)
        if left is None:  # nobody counts but we: once for each start that was asked for
            return ready.starts if ready.starts >= TRIES else 0
        return TRIES if left == 0 else 0

    def try_out(self, serves: Callable[[], bool]) -> bool:
        """See whether the new system serves; settle on it, or go back. Raises `Failed`."""
        ready = self._memory.ready
        if ready is None:
            return True
        if not serves():
            self._fail(ready, "it started, and the site didn't serve")
            self.say()
            self._reboot()
            return False
        self._booting.settle(ready.slot)
        self._remember(self._memory._replace(ready=None))
        self._doing = "idle"
        self.say()
        return True

    def _fail(self, ready: Ready, why: str) -> None:
        """Remember that a system failed, and have nothing start it.

        In the new system that comes first: cut in between, the old one would never be come back to.
        In the old one it comes last: cut in between, the failed one would be tried again.
        """
        if ready.slot == self._running.slot:
            self._booting.disarm(ready.slot)
            self._remember(self._memory.with_failure(ready.wanted.version, why))
        else:
            self._remember(self._memory.with_failure(ready.wanted.version, why))
            self._booting.disarm(ready.slot)

    def take(self, request: Request) -> None:
        """Do what the node asks for. Raises what is wrong with it; the node is told, too."""
        self._asked = request.wanted
        try:
            if self.is_trial:
                raise Refused("a new system is being tried: that comes first")
            if request.do == "write":
                self._write(request.wanted)
            else:
                self._start(request.wanted)
        except UpdateError as error:
            self._trouble = (error.code, str(error))
            raise
        finally:
            if self._doing != "starting":
                self._doing = "idle"
            self.say()

    def _write(self, wanted: Wanted) -> None:
        running, slot = self._running, card.other(self._running.slot)
        if wanted.version <= running.version:
            raise Refused(
                f"version {wanted.version} isn't newer than {running.version}, which runs"
            )
        if self._memory.has_failed(wanted.version):
            raise Refused(f"version {wanted.version} was tried before, and didn't serve")
        if (ready := self._memory.ready) and ready.wanted == wanted:
            return
        self._doing = "writing"
        self.say()
        believed = self._believe(wanted)
        system = self._system(wanted, believed, slot)
        card.check_room(self._card, slot, system)
        self._remember(self._memory._replace(ready=None))
        self._booting.disarm(slot)
        store = self._data / "store"
        card.write_slot(self._card.slots[slot], store, system.squashfs)
        card.write_boot(self._card, slot, store, system)
        memory.pin(self._card.boot, believed.root)
        self._remember(self._memory._replace(ready=Ready(wanted, slot), seen=believed.seen))

    def _believe(self, wanted: Wanted) -> Believed:
        pinned = memory.pinned_root(self._card.boot)
        first = trust.version_of(pinned)
        believed = trust.believe(
            pinned,
            self._roots_after(first),
            self._metadata("targets"),
            self._metadata(trust.ROLE),
            wanted,
            self._memory.seen,
        )
        if believed.arch != self._running.arch:
            raise Refused(f"the system is for {believed.arch}, this box is {self._running.arch}")
        return believed

    def _roots_after(self, version: int) -> Iterable[bytes]:
        for number in range(version + 1, version + ROOTS_MAX + 1):
            path = self._data / "trust" / f"{number}.root.json"
            if not path.exists():
                return
            yield files.read(path, ROOT_BYTES_MAX)

    def _metadata(self, role: str) -> bytes:
        return files.read(self._data / "trust" / f"{role}.json", METADATA_BYTES_MAX)

    def _system(self, wanted: Wanted, believed: Believed, slot: str) -> manifest.System:
        path = self._data / "manifests" / f"{wanted.manifest}.json"
        data = files.read(path, MANIFEST_BYTES_MAX)
        if sha256(data).hexdigest() != wanted.manifest:
            raise Invalid(f"{path}: doesn't have the digest that was signed")
        found = manifest.read(data, pack=wanted.pack, version=wanted.version, slot=slot)
        if found.arch != believed.arch:
            raise Refused(f"{path}: is for {found.arch}, offered was {believed.arch}")
        return found

    def _start(self, wanted: Wanted) -> None:
        ready = self._memory.ready
        if ready is None or ready.wanted != wanted:
            raise Refused(f"version {wanted.version} isn't ready to be started")
        self._remember(self._memory._replace(ready=ready._replace(starts=ready.starts + 1)))
        self._booting.arm(ready.slot)
        self._doing = "starting"
        self._reboot()

    def _remember(self, found: Memory) -> None:
        if found != self._memory:
            memory.save(self._card.boot, found)
            self._memory = found

    def say(self) -> None:
        """Tell the node how it is. Raises `Failed`."""
        ready = self._memory.ready
        is_there = ready is not None and ready.slot != self._running.slot
        asking.say(
            self._data / "run",
            Said(
                *self._running,
                doing=self._doing,
                wanted=self._asked.version if self._asked else 0,
                ready=ready.wanted.version if ready and is_there else 0,
                failed=self._memory.failed,
                trouble=self._trouble,
            ),
        )
