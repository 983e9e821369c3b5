"""Asking what is offered: one conditional request where nothing is new.

What is verified goes to trust/ first and then, in one transaction, to node.db. A cut in between is
seen by the name of the edition, which node.db has only once its offers are there.
"""

from datetime import datetime

from content_packs import systems
from content_packs.errors import InvalidContent, Missing, SourceUnavailable, Untrusted
from content_packs.repository import TIMESTAMP
from sync_node import following, state
from sync_node.box_clock import BoxClock
from sync_node.config import Config
from sync_node.limits import TIMESTAMP_BYTES_MAX
from sync_node.models import database_proxy
from sync_node.source import Source
from sync_node.sources import Sources
from sync_node.system import taking
from sync_node.ticks import Tick
from sync_node.trust_store import Expired, Outdated, TrustStore, Verified

_NO_KEY = "-"  # no keyid: what counts where none of the service keys does


class Poller:
    """Asks the sources, hubs first, until one has answered as it should."""

    def __init__(  # noqa: PLR0913  # what is outside comes in as parameters
        self,
        trust: TrustStore,
        sources: Sources,
        config: Config,
        clock: BoxClock,
        *,
        node: str = "",
        arch: str = "",
    ) -> None:
        """`node`: the id by which this box is enrolled, empty for none.

        `arch`: for which machine it takes systems, empty for a box that takes none.
        """
        self._trust = trust
        self._sources = sources
        self._config = config
        self._clock = clock
        self._node = node
        self._arch = arch

    def now(self) -> datetime:
        """Return the trusted time."""
        return self._clock.trusted()

    def edition(self) -> str:
        """Return the name of what was verified last, as this node follows it."""
        found = self._config
        return state.edition_key(
            self._trust.timestamp,
            found.channels,
            packs=found.packs,
            renditions=found.renditions,
            node=self._node,
            arch=self._arch,
        )

    def poll(self, tick: Tick) -> bool:
        """Return whether the offers changed. What is wrong with a source is a trouble of the tick.

        Raises `StorageFailed`.
        """
        # A cut came after trust/ had it, or node.db was lost, or what it knew of time.
        if self.edition() != state.applied() or not self._clock.has_heard_timestamp:
            self._hear(str(self._trust.folder))
        for source in self._sources.for_offers():
            try:
                changed = self._poll(source)
            except SourceUnavailable as error:
                self._sources.put_out(source, error)
            except Outdated as error:
                if source.live:  # a stick may well be older than what we know
                    tick.troubles.append(error)
            except (Untrusted, Missing, InvalidContent) as error:
                tick.troubles.append(error)
            else:
                return changed
        if self._sources.cut:
            tick.troubles.append(self._sources.cut)
        return False

    def _poll(self, source: Source) -> bool:
        edition = self.edition()
        known = edition == state.applied() and state.hub_keys() is not None
        etag = state.etag(source.name, edition) if known and not source.by_digest else ""
        try:
            answer = source.get(TIMESTAMP, bytes_max=TIMESTAMP_BYTES_MAX, etag=etag)
        except Missing as error:
            hint = "There is no repository at this address: check `sources` in node.toml."
            raise Missing(error.message, hint=hint) from error
        ours = self._trust.timestamp
        if known and answer.body in {None, ours} and not self._is_stale(source):
            self._remember_etag(source, answer.etag)
            return False
        verified = self._verified(source, ours if answer.body is None else answer.body)
        self._hear(source.name)
        self._clock.count_only(verified.hub_keys.service)
        changed = self._apply(verified)
        self._remember_etag(source, answer.etag)
        return changed

    def _remember_etag(self, source: Source, etag: str) -> None:
        """Remember what spares the next poll; of peers nothing, whom anybody can name."""
        if not source.by_digest:
            state.remember_etag(source.name, etag, self.edition())

    def _verified(self, source: Source, timestamp: bytes | None) -> Verified:
        """Return what the metadata of a source says.

        Expired by a time that its own signers take back in it, it is held against the rest of what
        is known (`trusted_time`, 5). The new root that such a word may need is here by then.
        """

        def refreshed(now: datetime) -> Verified:
            return self._trust.refresh(source, self._config.channels, now=now, timestamp=timestamp)

        now = self.now()
        said = self._trust.said(timestamp)
        if said and said.version < (seen := self._clock.newest_version(said.key)):
            raise Outdated(  # what trust/ held may have rotted; node.db knows, too
                f"{source.name}: timestamp has version {said.version}, and {seen} was seen",
                hint="It is older than what this box has seen. Nothing of it was used.",
            )
        try:
            return refreshed(now)
        except Expired:
            if (without := self._without_what_it_takes_back(source, timestamp)) >= now:
                raise
            return refreshed(without)

    def _without_what_it_takes_back(self, source: Source, timestamp: bytes | None) -> datetime:
        """Return the trusted time but for what a source's edition takes back."""
        said = self._trust.said(timestamp)  # by a root that came just now
        without = self._clock.trusted_without(said, ())
        if self._clock.trusted_without(said, {_NO_KEY}) >= without:
            return without
        named = self._trust.hub_keys_at(source, timestamp).service
        return self._clock.trusted_without(said, named)

    def _hear(self, source: str) -> None:
        """Learn from the timestamp that was verified last what time it is at least."""
        if said := self._trust.said(self._trust.timestamp):
            self._clock.heard_timestamp(said, source=source)

    def _is_stale(self, source: Source) -> bool:
        expires = state.expires()
        return source.live and (expires is None or expires <= self.now())

    def _apply(self, verified: Verified) -> bool:
        with database_proxy.atomic("IMMEDIATE"):
            changed = following.apply(
                taking.permitted(verified.offers, self._arch),
                self._config.rollout_number,
                packs=self._config.packs,
                node=self._node,
            )
            state.remember_hub(verified.hub_keys, verified.status_list)
            state.remember_renditions(self._config.renditions)
            state.remember_applied(
                self.edition(),
                expires=verified.expires,
                # A hub that never had a system to offer has no channel for them.
                absent=tuple(each for each in verified.absent if each != systems.CHANNEL),
            )
            state.remember_time(self._clock.known)
        return changed
