"""The node's sources together: whom to ask for what, and who is out for the rest of a tick.

What is offered is asked of hubs first, since only they say what is of now; folders are asked where
no hub answers. Content is asked of folders first, since their bytes cost nothing.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from content_packs.errors import InvalidContent, Missing, SatchelError, SourceUnavailable
from sync_node.config import Config
from sync_node.folder_source import FolderSource
from sync_node.hub_source import HubSource
from sync_node.link import UNKNOWN, LinkObservation
from sync_node.retrying_source import RetryingSource
from sync_node.source import Meter, Source, Traffic

_Found = TypeVar("_Found")


def from_config(
    config: Config,
    *,
    meters: Mapping[str, Meter] | None = None,
    observed: Mapping[str, LinkObservation] | None = None,
    sleep: Callable[[float], None] = time.sleep,
    random_share: Callable[[], float] = random.random,
) -> "Sources":
    """Return the sources that node.toml names, hubs with retries.

    By the name of a source, which is its address: `meters` are told every byte that crosses its
    link, `observed` is what `Sources.observed` returned when it was last used.
    """
    found: list[Source] = []
    for each in config.sources:
        if each.hub:
            hub = HubSource(
                each.hub,
                meter=(meters or {}).get(each.hub),
                observed=(observed or {}).get(each.hub, UNKNOWN),
            )
            found.append(RetryingSource(hub, sleep=sleep, random=random_share))
        else:
            found.append(FolderSource(Path(each.folder)))
    return Sources(found)


class Sources:
    """Several sources, in the order of node.toml."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = list(sources)
        self._down: dict[str, SourceUnavailable] = {}

    def begin_tick(self) -> None:
        """Give every source another chance."""
        self._down.clear()

    def for_offers(self) -> Iterator[Source]:
        """Yield those that aren't out, hubs first."""
        return self._up(sorted(self._sources, key=lambda source: not source.live))

    def for_content(self) -> Iterator[Source]:
        """Yield those that aren't out, folders first."""
        return self._up(sorted(self._sources, key=lambda source: source.live))

    def _up(self, sources: list[Source]) -> Iterator[Source]:
        return (source for source in sources if source.name not in self._down)

    def put_out(self, source: Source, error: SourceUnavailable) -> None:
        """Ask `source` nothing more in this tick."""
        self._down[source.name] = error

    @property
    def all_out(self) -> bool:
        """Whether none is left to ask."""
        return len(self._down) == len(self._sources)

    @property
    def cut(self) -> SourceUnavailable | None:
        """What put a source out, preferably a hub, None where all answered."""
        by_name = {source.name: source for source in self._sources}
        downs = sorted(self._down.items(), key=lambda item: not by_name[item[0]].live)
        return downs[0][1] if downs else None

    def first_good(self, ask: Callable[[Source], _Found]) -> _Found:
        """Return what `ask` makes of the first source for content with which it works.

        Raises the last source's error: `Missing`, `InvalidContent`, `SourceUnavailable`.
        """
        last: SatchelError = self.cut or SourceUnavailable("no source")
        for source in self.for_content():
            try:
                return ask(source)
            except SourceUnavailable as error:
                self.put_out(source, error)
                last = error
            except (Missing, InvalidContent) as error:
                last = error
        raise last

    def traffic(self) -> Traffic:
        """Return what crossed all links since the start."""
        total = Traffic()
        for source in self._sources:
            total.add(source.traffic)
        return total

    def observed(self) -> dict[str, LinkObservation]:
        """Return what was observed of each link, by the name of its source."""
        return {each.name: each.observation for each in self._sources if each.observation}

    def close(self) -> None:
        """Let go of connections."""
        for source in self._sources:
            source.close()
