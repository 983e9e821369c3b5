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

from peewee import chunked

from hub.clock import in_words, system_clock
from hub.fleet import bringing_up
from hub.hub import Hub, open_hub
from hub.people import sessions
from hub.people.tables import PersonRow
from hub.use.tables import UseDayRow, UseRow
from scripts.bench.storming import mixed
from scripts.bench.storming.client import share
from scripts.bench.storming.fleet import ROWS_AT_ONCE, name_of
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
    "stalled": "/console/schools?q=stalled",
    "alerts": "/console/alerts",
    "wishes": "/console/requests",
    "rollouts": "/console/rollouts",
    "all visits": "/console/visits",
    "visits": "/console/visits?q=township%3Atownship-07",
    "what is used": "/console/use",
    "what a township uses": "/console/use?township=township-07",
}
MONTHS = ("2026-07", "2026-08", "2026-09")
PACKS, PACKS_OF_SCHOOL = 30, 6
SCHOOL_DAYS = 20  # of a month, on which pupils learned
LOT = 400  # schools whose use is written at once
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
    """Ask for each page so often, of a hub with a fleet as months leave it, and what it uses."""
    hub = open_hub(server.root, system_clock)
    bringing_up.bring_up(hub)
    rollout = f"/console/rollouts/{mixed.make(hub, nodes)}"
    for first in range(0, nodes, LOT):
        _learned(hub, range(first, min(first + LOT, nodes)))
    cookie = {"Cookie": f"session={session_of(server)}"}
    asked = {name: [place] * rounds for name, place in LISTS.items()}
    every = max(nodes // rounds, 1)
    asked["a school, opened"] = [
        f"/console/schools/{name_of(number * every % nodes)}" for number in range(rounds)
    ]
    asked["a rollout"] = [rollout] * rounds
    asked["its schools"] = [f"{rollout}/schools"] * rounds
    return {name: _ask(server, places, cookie) for name, places in asked.items()}


def _learned(hub: Hub, numbers: range) -> None:
    """Write down what the pupils of these schools would have used."""
    packs: list[tuple[str | int, ...]] = []
    days: list[tuple[str | int, ...]] = []
    for number in numbers:
        school = name_of(number)
        for month in MONTHS:
            used = {f"pack-{(number * 7 + each * 5) % PACKS}" for each in range(PACKS_OF_SCHOOL)}
            packs += [(school, month, pack, 30, 200, 20, 400, 300) for pack in ("", *sorted(used))]
            days += [(school, f"{month}-{day + 1:02}", 20) for day in range(SCHOOL_DAYS)]
    row, of_day = UseRow, UseDayRow
    fields = [row.school, row.month, row.pack, row.pupils, row.opened, row.done, row.answers]
    with hub.database.writing():
        for lot in chunked(packs, ROWS_AT_ONCE):
            row.insert_many(lot, fields=[*fields, row.correct]).execute()
        for lot in chunked(days, ROWS_AT_ONCE):
            of_day.insert_many(lot, fields=[of_day.school, of_day.day, of_day.pupils]).execute()


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
