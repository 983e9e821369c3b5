"""A neighbour as a source: asked by signed requests, believed no more than a stick.

Its requests carry our credential. It isn't live: nothing that it says counts as of now. No redirect
is followed, and it has to be as fast as something in the same building.
"""

import threading
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from content_packs import request_signing
from content_packs.request_signing import Request
from sync_node.admission import credential_field
from sync_node.hub_calls import Signer
from sync_node.hub_source import HubSource
from sync_node.limits import (
    PEER_ATTEMPTS_MAX,
    PEER_BYTES_PER_SECOND_MIN,
    PEER_CONNECT_SECONDS,
    PEER_READ_SECONDS,
)
from sync_node.link import UNKNOWN, LinkObservation
from sync_node.manner import Manner
from sync_node.peer_address import Peer, check_address
from sync_node.peer_places import CREDENTIAL_FIELD, PREFIX, is_place
from sync_node.retrying_source import RetryingSource
from sync_node.source import Meter


class Asking:
    """Signs requests to peers. Safe for several threads. `credential`: as the hub signed it."""

    def __init__(self, signer: Signer, credential: bytes) -> None:
        self._signer = signer
        self._credential = credential_field(credential)
        self._lock = threading.Lock()

    def fields(self, url: str) -> Mapping[str, str]:
        """Return the header fields of a request for a URL."""
        parts = urlsplit(url)
        request = Request("GET", "http", parts.netloc, parts.path, parts.query)
        with self._lock:
            sequence = self._signer.sequence()
        signed = request_signing.sign(
            request, self._signer.private_key, sequence=sequence, created=self._signer.created()
        )
        return {**signed, CREDENTIAL_FIELD: self._credential}


def peer_source(  # noqa: PLR0913  # what is outside comes in as parameters
    peer: Peer,
    asking: Asking,
    *,
    meter: Meter | None = None,
    observed: LinkObservation = UNKNOWN,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
    random: Callable[[], float] = lambda: 0.5,
    read_seconds: float = PEER_READ_SECONDS,
) -> RetryingSource:
    """Return a neighbour as a source, with retries. Raises `UsageError`."""
    manner = Manner(
        name=peer.name,
        live=False,
        by_digest=True,
        fields=asking.fields,
        is_place=is_place,
        redirects_max=0,
        slowest=PEER_BYTES_PER_SECOND_MIN,
    )
    source = HubSource(
        f"http://{check_address(peer.address)}{PREFIX}",
        meter=meter,
        observed=observed,
        monotonic=monotonic,
        connect_seconds=PEER_CONNECT_SECONDS,
        read_seconds=read_seconds,
        manner=manner,
    )
    return RetryingSource(source, sleep=sleep, random=random, attempts_max=PEER_ATTEMPTS_MAX)
