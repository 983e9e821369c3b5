"""How a source over HTTP is asked: as a hub, or as a peer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from content_packs import repository
from sync_node.limits import REDIRECTS_MAX, SLOW_BYTES_PER_SECOND


@dataclass(frozen=True)
class Manner:
    """By default, that of a hub. `live` and `by_digest` as in `Source`.

    `fields` gives the header fields that are added to each request for a URL. `is_place` says what
    it can have. `slowest`: bytes a second, below which it is given up.
    """

    name: str = ""
    live: bool = True
    by_digest: bool = False
    fields: Callable[[str], Mapping[str, str]] = lambda _: {}
    is_place: Callable[[str], bool] = repository.is_place
    redirects_max: int = REDIRECTS_MAX
    slowest: float = SLOW_BYTES_PER_SECOND


AS_A_HUB = Manner()
