"""The console's list of 10,000 schools: sorted, filtered, opened, as a browser asks for it.

Pages are fetched one after the other by somebody who is signed in; what counts is the time until
the last byte, and the bytes of a page with all that it loads.
"""

import re
import secrets
import time
import uuid
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

from hub.clock import in_words, system_clock
from hub.hub import open_hub
from hub.people import sessions
from hub.people.tables import PersonRow
from scripts.bench.storming.client import share
from scripts.bench.storming.fleet import name_of
from scripts.bench.storming.servers import Server

P99_MILLISECONDS = 300.0
PAGE_BYTES = 200_000
ROUNDS, ROUNDS_QUICK = 40, 6
LISTS = {
    "what needs you": "/console/",
    "the list": "/console/schools",
    "sorted by bytes behind": "/console/schools?sort=-behind",
    "sorted by last contact": "/console/schools?sort=heard",
    "filtered by township and state": "/console/schools?q=township%3Atownship-07%20behind%3E0",
    "found by a word": "/console/schools?q=0042",
    "overdue": "/console/schools?q=overdue",
    "visits": "/console/visits?q=township%3Atownship-07",
}
_LINKED = re.compile(rb'(?:href|src)="(/console/assets/[^"]+)"')


@dataclass(frozen=True)
class Asked:
    """How long answers took, in milliseconds, and what a page weighs with all that it loads."""

    latencies: list[float]
    weight: int


def session_of(server: Server) -> str:
    """Add an administrator to the hub, and return what their browser's cookie holds."""
    hub = open_hub(server.root, system_clock)
    with hub.database.writing():
        row = PersonRow.create(
            force_insert=True, person=str(uuid.uuid4()), login="bench", name="Bench",
            role="administrator", added_at=in_words(system_clock()),
        )  # fmt: skip
        return sessions.begin(hub, row, "127.0.0.1", secrets.token_bytes)


def measure(server: Server, nodes: int, *, rounds: int) -> dict[str, Asked]:
    """Ask for each page so often."""
    cookie = {"Cookie": f"session={session_of(server)}"}
    asked = {name: [place] * rounds for name, place in LISTS.items()}
    every = max(nodes // rounds, 1)
    asked["a school, opened"] = [
        f"/console/schools/{name_of(number * every % nodes)}" for number in range(rounds)
    ]
    return {name: _ask(server, places, cookie) for name, places in asked.items()}


def _ask(server: Server, places: list[str], cookie: dict[str, str]) -> Asked:
    _get(server, places[0], cookie)  # what is read once has been read
    latencies, body = [], b""
    for place in places:
        began = time.perf_counter()
        body = _get(server, place, cookie)
        latencies.append((time.perf_counter() - began) * 1000)
    linked = {found.decode() for found in _LINKED.findall(body)}
    return Asked(latencies, len(body) + sum(len(_get(server, one, cookie)) for one in linked))


def _get(server: Server, place: str, cookie: dict[str, str]) -> bytes:
    link = HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        link.request("GET", place, headers={**cookie, "Accept-Encoding": "gzip"})
        answer = link.getresponse()
        body = answer.read()
    finally:
        link.close()
    if answer.status != 200:
        raise RuntimeError(f"{place}: {answer.status} {body[:200]!r}")
    return body


def as_data(found: dict[str, Asked]) -> dict[str, Any]:
    """Return the figures of all pages."""
    return {
        name: {
            "p50": share(asked.latencies, 0.5),
            "p99": share(asked.latencies, 0.99),
            "worst": max(asked.latencies),
            "weight": asked.weight,
        }
        for name, asked in found.items()
    }


def table(found: dict[str, Any]) -> str:
    """Return them as a table."""
    rows = ["| page | p50 ms | p99 ms | worst ms | kB with all that it loads |", "|---" * 5 + "|"]
    rows += [
        f"| {name} | {page['p50']:.0f} | {page['p99']:.0f} | {page['worst']:.0f} "
        f"| {page['weight'] / 1000:.0f} |"
        for name, page in found.items()
    ]
    return "\n".join(rows)


def misses(found: dict[str, Any]) -> list[str]:
    """Return what wasn't reached."""
    return [
        f"pages: {name}: {what}"
        for name, page in found.items()
        for is_bad, what in (
            (page["p99"] >= P99_MILLISECONDS, f"p99 {page['p99']:.0f} ms"),
            (page["weight"] >= PAGE_BYTES, f"{page['weight']} bytes"),
        )
        if is_bad
    ]
