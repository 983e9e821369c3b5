"""One tick of the node: poll, plan, fetch, activate, tidy, talk to the hub.

Whatever ends a tick, at whatever point, leaves a state that the next one goes on from: what is in
the store is whole, what is active is in the store, and what is half is under incoming/.
"""

from collections.abc import Callable
from pathlib import Path

from content_packs.errors import SatchelError
from sync_node import disk, holding, identity, state, teachers_pins, ticks, tidying
from sync_node.box_clock import BoxClock
from sync_node.config import Config
from sync_node.data_dir import DataDir
from sync_node.database import database_errors
from sync_node.errors import Revoked
from sync_node.held_documents import HeldDocuments
from sync_node.installing import Installation, Installer, unavailable
from sync_node.limits import HEARTBEAT_SECONDS, PINS_LOOKED_AT_SECONDS
from sync_node.models import database_proxy
from sync_node.polling import Poller
from sync_node.progress_file import Progress
from sync_node.revocations import Revocations
from sync_node.sources import Sources
from sync_node.store import Store
from sync_node.system import box_slots
from sync_node.ticks import Tick
from sync_node.trust_store import TrustStore
from sync_node.zones import zone_of


class Engine:
    """Runs ticks on one data directory, under the engine's lock and with node.db open.

    `clock` knows what time it is, `disk_free` the free bytes at a path; `progress` is
    called after each block, `talk` when the work of a tick is done: what is said to the hub; and
    `meanwhile` now and then in a tick that takes long.
    """

    def __init__(  # noqa: PLR0913  # what is outside comes in as parameters
        self,
        data_dir: DataDir,
        config: Config,
        sources: Sources,
        *,
        clock: BoxClock,
        disk_free: Callable[[Path], int] = disk.disk_free,
        progress: Callable[[Progress], None] = lambda _: None,
        talk: Callable[[Tick], None] = lambda _: None,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        self._talk = talk
        self._meanwhile = meanwhile
        self._revocations = Revocations(data_dir)
        self._data_dir = data_dir
        self._sources = sources
        self._clock = clock
        self._disk_free = disk_free
        self._progress = progress
        self._counted = self._looked_at_pins = clock.known.on
        self._tick, self._is_outdated = Tick(clock.now()), False
        self._zone = zone_of(config.time_zone, what="node.toml: time_zone")
        node = identity.node_name(data_dir)
        box = box_slots.read(data_dir)
        arch = box.arch if box else ""
        trust = TrustStore(data_dir.trust)
        self._poller = Poller(trust, sources, config, clock, node=node, arch=arch)

    def tick(self) -> Tick:
        """Do one tick and return what it did. Its troubles are in it, not raised.

        Raises `StorageFailed` only where not even that can be written down.
        """
        tick = self._tick = Tick(self._clock.now())
        self._is_outdated = False
        self._counted = self._clock.known.on
        before = self._sources.traffic()
        self._sources.begin_tick()
        try:
            self._work(tick)
            tick.traffic = self._sources.traffic().since(before)
            self._say(tick)
        except BaseException:
            tick.outcome = "stopped"
            raise
        finally:
            tick.traffic = self._sources.traffic().since(before)
            tick.links = self._sources.used()
            tick.ended_at = self._clock.now()
            with database_errors(self._data_dir), database_proxy.atomic("IMMEDIATE"):
                ticks.record(tick)
                state.remember_time(self._clock.known)
        return tick

    def _work(self, tick: Tick) -> None:
        try:
            with database_errors(self._data_dir):
                self._run(tick)
        except SatchelError as error:
            tick.troubles.append(error)
            tick.settle(changed=False, waiting=False)

    def _say(self, tick: Tick) -> None:
        """Talk to the hub. Whatever comes of it, the tick's work is done."""
        try:
            with database_errors(self._data_dir):
                self._talk(tick)
        except SatchelError as error:
            tick.notes.append(error.message)

    def _look_at_pins(self, tick: Tick) -> bool:
        """Hold what teachers pinned, let go what they don't any more; say if anything changed."""
        self._looked_at_pins = self._clock.known.on
        found = teachers_pins.apply(self._data_dir, now=self._clock.now(), zone=self._zone)
        tick.notes += [*found.notes, *filter(None, [found.trouble])]
        return found.changed

    def _look_who_counts(self, tick: Tick) -> Revoked | None:
        """Bring what the hub signed about nodes; return that this one counts no more."""
        if (keys := state.hub_keys()) is not None:
            HeldDocuments(self._data_dir).drop_unsigned(keys.service)
        try:
            self._revocations.bring(state.status_list(), self._sources)
        except SatchelError as error:
            tick.notes.append(f"the list of revoked nodes: {error.message}")
        return self._revocations.own()

    def _run(self, tick: Tick) -> None:
        changed = self._poller.poll(tick)
        changed |= self._look_at_pins(tick)
        if revoked := self._look_who_counts(tick):
            tick.troubles.append(revoked)
            tick.settle(changed=False, waiting=False)
            return
        if not changed and state.is_settled(self._poller.edition()):
            tick.settle(changed=False, waiting=False)
            return
        installer = Installer(
            self._data_dir,
            Store(self._data_dir),
            self._sources,
            now=self._poller.now(),
            disk_free=self._disk_free,
            progress=self._go_on,
        )
        packs = holding.to_bring(self._data_dir, installer.documents)
        begun = installer.begin(packs)
        try:
            for installation in begun:
                self._drop_removed(tick, installation)
            installer.bring(begun, lambda installation: self._drop_removed(tick, installation))
        finally:
            for installation in begun:
                tick.activated += installation.activator.activated
            tick.troubles += installer.troubles
            tick.notes += installer.notes
            tick.kinds = installer.kinds
        unfinished = [each for each in begun if not installer.is_whole(each)]
        whole = len(begun) == len(packs) and not unfinished
        waiting = any(each.activator.waiting_until for each in begun)
        changed |= installer.came
        self._conclude(tick, installer, changed=changed, whole=whole, waiting=waiting)
        if whole or not self._sources.cut:
            installer.forget_deltas(unfinished)

    def _go_on(self, done: Progress) -> None:
        """Say how far the tick is; in a long one note for how long the box was on, and be heard."""
        self._progress(done)
        known = self._clock.known
        if known.on - self._looked_at_pins >= PINS_LOOKED_AT_SECONDS:
            self._is_outdated |= self._look_at_pins(self._tick)  # this very tick leaves it as it is
        if known.on - self._counted >= HEARTBEAT_SECONDS:
            self._counted = known.on
            state.remember_time(known)
            self._meanwhile()

    def _drop_removed(self, tick: Tick, installation: Installation) -> None:
        offer = installation.followed.offer
        for lesson in installation.activator.drop_removed():
            tick.notes.append(f"{offer.pack}: version {offer.version} has no lesson {lesson}")

    def _conclude(
        self, tick: Tick, installer: Installer, *, changed: bool, whole: bool, waiting: bool
    ) -> None:
        """Say how the tick went, and tidy unless a cut one is to go on from what is here."""
        cut = self._sources.cut
        if cut and not whole and not unavailable(tick.troubles):
            tick.troubles.append(cut)
        if whole or not cut:
            tidying.tidy(self._data_dir, installer.store, installer.documents)
        if absent := state.absent_channels():
            tick.notes.append(f"the hub has no channel {', '.join(absent)}")
        settled = whole and not waiting and not tick.troubles and not self._is_outdated
        state.remember_settled(self._poller.edition() if settled else "")
        tick.settle(changed=changed or bool(tick.activated), waiting=waiting)
