"""Ticks as a process does them: configuration, lock, node.db, meters, sources, engine.

What a tick leaves for the next, and for those who look on, is written after it: what was observed
of the links, and what is to come; each only where it changed.
"""

import contextlib
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, closing
from datetime import date, datetime, timedelta
from pathlib import Path

from content_packs.errors import Missing, SatchelError, SourceUnavailable, StorageFailed
from content_packs.hub_keys import HubKeys
from content_packs.protocol import Credential, Pending
from content_packs.reports import Report
from sync_node import (
    budget,
    claims,
    estimating,
    outlook,
    rebuilding,
    sources,
    state,
    ticks,
    trusted_time,
)
from sync_node.box_clock import BoxClock, system_clock, uptime
from sync_node.budget import Budgets
from sync_node.check_in import Talker
from sync_node.config import Config, rules_of
from sync_node.courier_disks import CourierDisks
from sync_node.courier_papers import Papers
from sync_node.courier_visiting import Visiting
from sync_node.data_dir import DataDir
from sync_node.database import database_errors, reading_database
from sync_node.disk import disk_free
from sync_node.engine import Engine
from sync_node.hardware import hardware
from sync_node.held_documents import HeldDocuments
from sync_node.hub_source import HubSource
from sync_node.identity import Identity
from sync_node.in_force import config_in_force
from sync_node.limits import (
    LINK_CHANGE_MIN,
    LOCK_WAIT_SECONDS,
    OUTLOOK_SECONDS_MAX,
)
from sync_node.link import UNKNOWN, LinkObservation
from sync_node.lock import engine_lock
from sync_node.meter import SourceMeter
from sync_node.models import database_proxy
from sync_node.orders import Orders
from sync_node.peer_address import Peer
from sync_node.peering import peer_sources
from sync_node.polling import Poller
from sync_node.progress_file import Progress, ProgressFile, Running
from sync_node.sources import Sources
from sync_node.system import box_slots
from sync_node.ticks import Tick
from sync_node.trust_store import TrustStore
from sync_node.trusted_time import Uptime


def budgets_of(data_dir: DataDir) -> Budgets:
    """Return what the links have cost, as far as it is written down. node.db is to be open."""
    return Budgets(data_dir.root / budget.NAME, recall=_spent_by_ticks)


def box_clock(
    data_dir: DataDir,
    system: Callable[[], datetime],
    *,
    read_uptime: Callable[[], Uptime] = uptime,
) -> BoxClock:
    """Return the clock that this node goes by, with what it knew of time. node.db is open."""
    with database_errors(data_dir):
        return BoxClock(system, state.time_known(), read_uptime=read_uptime)


def sync_once(  # noqa: PLR0913  # what is outside comes in as parameters
    data_dir: DataDir,
    *,
    clock: Callable[[], datetime] = system_clock,
    progress: Callable[[Running], None] = lambda _: None,
    lock_wait_seconds: float = LOCK_WAIT_SECONDS,
    unbound: bool = False,
    budgets: Budgets | None = None,
    sleep: Callable[[float], None] = time.sleep,
    disks: CourierDisks | None = None,
    peers: Iterable[Peer] = (),
) -> Tick:
    """Do one tick; what goes wrong in it is in it.

    `unbound`: whatever windows, budgets and pauses say. `budgets` are kept by who does many ticks,
    and so are `disks`: None deals with every courier's disk that is there. `peers` are neighbours
    that were found, beside those of node.toml.
    Raises `UsageError` for a configuration that can't be used, `Refused` where another process
    syncs, `StorageFailed`.
    """
    found = config_in_force(data_dir)
    disks = disks or CourierDisks()

    def one(found: Config) -> _OneTick:
        return _OneTick(data_dir, found, clock, budgets, sleep, disks, unbound=unbound, peers=peers)

    with ExitStack() as stack:
        stack.enter_context(engine_lock(data_dir, wait_seconds=lock_wait_seconds))
        data_dir.make()
        rebuilt = stack.enter_context(rebuilding.opened(data_dir, found, now=clock()))
        first = one(found)
        if first.hears_other_wishes():
            tick = one(config_in_force(data_dir)).run(progress, heard=first)
        else:
            tick = first.run(progress)
    if rebuilt:
        tick.notes.append("node.db was missing or damaged, and was made anew")
    return tick


def claim_once(  # noqa: PLR0913  # what is outside comes in as parameters
    data_dir: DataDir,
    asks: Identity,
    *,
    hub: str = "",
    clock: Callable[[], datetime] = system_clock,
    lock_wait_seconds: float = LOCK_WAIT_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
) -> Credential | Pending:
    """Send a claim to a hub of node.toml, the first that answers where none is named.

    A person waits for it: windows, budgets and a pause don't count, as with `sync --now`. Raises
    `Refused` where another process is at work, `HubRefused` for a code that isn't good, what
    sources raise, `StorageFailed`.
    """
    found = config_in_force(data_dir)
    with ExitStack() as stack:
        stack.enter_context(engine_lock(data_dir, wait_seconds=lock_wait_seconds))
        data_dir.make()
        stack.enter_context(rebuilding.opened(data_dir, found, now=clock()))
        one = _OneTick(data_dir, found, clock, None, sleep, CourierDisks(), unbound=True)
        return one.claim(asks, hub)


def claim_beside(
    data_dir: DataDir, asks: Identity, *, hub: str = ""
) -> Credential | Pending | None:
    """Send a claim while another process is at work here: its tick may take days.

    It takes what that process knows of the hub's keys: None where it knows none yet. Raises as
    `claim_once`.
    """
    with reading_database(data_dir):
        keys = state.hub_keys()
    return claim_with(data_dir, asks, keys, hub=hub)


def claim_with(
    data_dir: DataDir, asks: Identity, keys: HubKeys | None, *, hub: str = ""
) -> Credential | Pending | None:
    """Send a claim beside the engine; None where `keys` say nothing of who signs credentials.

    Some 2 kB that cross aren't counted: budgets are the engine's to write. Needs no node.db. Raises
    as `claim_once`.
    """
    found = config_in_force(data_dir)
    if keys is None or not keys.service:
        return None
    service, documents = keys.service_keys(), HeldDocuments(data_dir)
    with closing(sources.from_config(found, data_dir.root)) as asked:
        return _first_answer(asked, hub, lambda each: claims.ask(each, asks, documents, service))


class _OneTick:
    """What one tick needs around it."""

    def __init__(  # noqa: PLR0913, PLR0917  # what is outside comes in as parameters
        self,
        data_dir: DataDir,
        found: Config,
        clock: Callable[[], datetime],
        budgets: Budgets | None,
        sleep: Callable[[float], None],
        disks: CourierDisks,
        *,
        unbound: bool,
        peers: Iterable[Peer] = (),
    ) -> None:
        self._data_dir = data_dir
        self._config = found
        self._kept = budgets is not None
        self._budgets = budgets or budgets_of(data_dir)
        self._budgets.begin_tick()
        self._orders = Orders(data_dir)
        self._asked = self._orders.tick_asked_for
        with database_errors(data_dir):
            observed = state.links()
        self._clock = box_clock(data_dir, clock)
        disks.roots = tuple(map(Path, found.couriers))
        self._visiting = Visiting(data_dir, disks, self._clock)
        unbound = unbound or self._orders.unbound_asked_for
        paused = not unbound and self._orders.pause_at(self._clock.now())
        self._sources = sources.from_config(
            found,
            data_dir.root,
            meters=self._meters(sleep, unbound=unbound),
            observed=observed,
            disks=self._visiting.waiting,
            peers=[]
            if paused
            else peer_sources(
                data_dir, found.peers, peers, self._clock, observed=observed, sleep=sleep
            ),
        )
        self.talker = Talker(
            data_dir,
            found,
            self._sources,
            self._clock,
            hardware=hardware(),
            randomness=secrets.token_bytes,
            eager=self._asked is not None or not self._kept,
        )

    def _meters(self, sleep: Callable[[float], None], *, unbound: bool) -> dict[str, SourceMeter]:
        return {
            source.hub: SourceMeter(
                source.hub,
                rules_of(source, self._config),
                self._budgets,
                self._orders,
                clock=self._clock.now,
                monotonic=time.monotonic,
                sleep=sleep,
                unbound=unbound,
            )
            for source in self._config.sources
            if source.hub
        }

    def hears_other_wishes(self) -> bool:
        """Ask the hub first what it wants, where it wasn't heard since the box was started.

        True where it wants something else than this tick was made for: then it is over.
        """
        with database_errors(self._data_dir):
            self.talker.hear_first()
        if self.talker.wants_tick:
            self._sources.close()
            self._settle()
        return self.talker.wants_tick

    def run(self, progress: Callable[[Running], None], *, heard: "_OneTick | None" = None) -> Tick:
        """Do it. `heard`: the one that was over when it had heard the hub."""
        if heard:
            self.talker.go_on_from(heard.talker)
        file = ProgressFile(self._data_dir, monotonic=time.monotonic, time=time.time)

        def show(done: Progress) -> None:
            progress(file.show(done))

        engine = Engine(
            self._data_dir,
            self._config,
            self._sources,
            clock=self._clock,
            progress=show,
            talk=self.talker.talk,
            meanwhile=self.talker.hear_meanwhile,
        )
        self._visiting.begin()
        try:
            tick = engine.tick()
            wanted = self._exchange(tick)
        finally:
            file.end()
            self._sources.close()
            self._settle()
        with database_errors(self._data_dir), database_proxy.atomic():
            self._remember(tick)
        self._orders.done(self._asked)
        if self.talker.wants_tick or wanted:
            self._orders.ask_for_tick(unbound=False)
        return tick

    def _exchange(self, tick: Tick) -> bool:
        """Exchange papers with the couriers' disks that this tick read; say if more is to do."""

        def report(who: Identity) -> Report:
            return self.talker.report(who, tick)

        papers = Papers(self._data_dir, self._clock, report, secrets.token_bytes)
        with database_errors(self._data_dir):
            return self._visiting.end(tick, self._sources, papers)

    def claim(self, asks: Identity, name: str) -> Credential | Pending:
        """Learn which keys the hub signs by, and send a claim."""
        try:
            with database_errors(self._data_dir):
                tick = Tick(self._clock.now())
                trust = TrustStore(self._data_dir.trust)
                box = box_slots.read(self._data_dir)
                arch = box.arch if box else ""
                Poller(trust, self._sources, self._config, self._clock, arch=arch).poll(tick)
                keys = state.hub_keys()
                if keys is None or not keys.service:
                    raise tick.trouble or _too_old()
                return _first_answer(self._sources, name, lambda hub: self.talker.claim(hub, asks))
        finally:
            self._sources.close()
            self._settle()

    def _settle(self) -> None:
        """Give back what was leased; on a disk that can't take that, it stays counted."""
        with contextlib.suppress(StorageFailed):
            if self._kept:
                self._budgets.end_tick()
            else:
                self._budgets.close()

    def _remember(self, tick: Tick) -> None:
        known, observed = state.links(), self._sources.observed()
        if any(_differs(known.get(name, UNKNOWN), each) for name, each in observed.items()):
            state.remember_links({**known, **observed})
        state.remember_outlook(self._outlook(tick))

    def _outlook(self, tick: Tick) -> str:
        """Return what is to come after a tick, or what was found before if that still holds."""
        if tick.outcome in {"nothing-new", "updated"}:
            return ""
        before = state.outlook()
        known = outlook.decode(before)
        made_at = trusted_time.parse(known.made_at) if known else None
        now = self._clock.now()
        quiet = not tick.kinds and not tick.activated and tick.outcome in {"not-now", "waiting"}
        if quiet and made_at and abs(now - made_at) < timedelta(seconds=OUTLOOK_SECONDS_MAX):
            return before
        try:
            found = estimating.estimate(
                self._data_dir, self._config, now=now, budgets=self._budgets, disk_free=disk_free
            )
        except StorageFailed:
            raise
        except SatchelError:
            return ""  # what rotted is found and said elsewhere
        coming = outlook.barred(found.outlook(), tick.not_now)
        return "" if coming.is_empty else outlook.encode(coming)


def _first_answer(
    asked: Sources, name: str, ask: Callable[[HubSource], Credential | Pending]
) -> Credential | Pending:
    """Return what the first hub answers, or the one with a name. Raises the last one's error."""
    last: SatchelError = asked.cut or _no_hub()
    for hub in asked.hubs():
        if name in {"", hub.name}:
            try:
                return ask(hub)
            except (SourceUnavailable, Missing) as error:
                last = error
    raise last


def _no_hub() -> SatchelError:
    return Missing(
        "node.toml names no hub that could be asked",
        hint="Carry the claim on a stick: sync-node enrol CODE --to DIR.",
    )


def _too_old() -> SatchelError:
    return Missing("the hub names no key by which it enrols nodes: it is too old for that")


def _differs(known: LinkObservation, found: LinkObservation) -> bool:
    pairs = ((known.rate, found.rate), (known.round_trip, found.round_trip))
    return any(abs(new - old) > LINK_CHANGE_MIN * max(old, new) for old, new in pairs)


def _spent_by_ticks() -> Iterable[tuple[str, date, int]]:
    """Return what the ticks say of what each link cost, for want of a better record."""
    for each in ticks.records():
        ended = trusted_time.parse(each.ended_at)
        links: Mapping[str, list[int]] = each.links
        for name, (bytes_in, bytes_out, *_) in links.items():
            if ended:
                yield name, ended.date(), bytes_in + bytes_out
