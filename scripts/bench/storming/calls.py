"""What nodes send, signed beforehand: while the hub is measured its clients only open and read.

A file of calls is JSON, one a line: when it is due, in seconds from the start; its kind; the bytes
of the request.
"""

import base64
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from content_packs import protocol, request_signing
from content_packs.protocol import CheckInRequest
from content_packs.reports import (
    Clock,
    Disk,
    PackReadiness,
    Report,
    Ticks,
    Versions,
)
from content_packs.repository import TIMESTAMP
from content_packs.request_signing import Request
from scripts.bench.storming.fleet import key_of

CHECK_IN = "/api/v1/check-ins"
POLL_KIND, CHECK_IN_KIND = "poll", "check-in"
GB = 1_000_000_000


@dataclass(frozen=True)
class Call:
    """One request: when it is due, of which kind, its bytes."""

    due: float
    kind: str
    data: bytes


def polls(nodes: int, seconds: float, *, authority: str, etag: str, seed: int) -> Iterator[Call]:
    """Yield one poll of each node that finds nothing new, at a time of its own."""
    chance = random.Random(seed)  # noqa: S311  # the same storm each time
    data = (
        f"GET /{TIMESTAMP} HTTP/1.1\r\nHost: {authority}\r\nIf-None-Match: {etag}\r\n"
        "Accept-Encoding: identity\r\n\r\n"
    ).encode()
    for _ in range(nodes):
        yield Call(chance.uniform(0, seconds), POLL_KIND, data)


def check_ins(
    nodes: int, seconds: float, *, authority: str, sequence: int, seed: int
) -> Iterator[Call]:
    """Yield one check-in with a report of each node, signed with this sequence."""
    chance = random.Random(seed)  # noqa: S311  # the same storm each time
    now = datetime.now(UTC).replace(microsecond=0)
    for number in range(nodes):
        said = CheckInRequest(
            nonce=f"{sequence:016x}{number:016x}",
            credential=int(now.timestamp()) + 86_400,  # it holds the newest, as most do
            status=1,
            report=_report(number, now),
        )
        body = protocol.check_in_request_bytes(said)
        asked = Request("POST", "http", authority, CHECK_IN, body=body)
        fields = request_signing.sign(asked, key_of(number), sequence=sequence, created=0)
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        head = (
            f"POST {CHECK_IN} HTTP/1.1\r\nHost: {authority}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n{lines}\r\n"
        )
        yield Call(chance.uniform(0, seconds), CHECK_IN_KIND, head.encode() + body)


def _report(number: int, now: datetime) -> Report:
    """Return what a school's box says that holds six packs, one of them in part."""
    packs = tuple(
        PackReadiness(
            pack=f"pack-{each}",
            channel="county",
            version=3,
            lessons_ready=40 if each else number % 40,
            lessons_total=40,
            bytes_to_come=0 if each else (40 - number % 40) * 5_000_000,
        )
        for each in range(6)
    )
    return Report(
        at=now,
        versions=Versions(satchel="0.1.0", system="6.12", model="Raspberry Pi 5"),
        disk=Disk(total=64 * GB, free=(1 + number % 40) * GB, store_files=12_000),
        clock=Clock(trusted=now, sure="exact", clock_is="right", system=now),
        ticks=Ticks(since=now, ticks=96, failed=number % 7, seconds=900, bytes_in=52_000_000),
        packs=packs,
    )


def write(file: Path, calls: Iterator[Call]) -> int:
    """Write calls in the order in which they are due; return how many."""
    found = sorted(calls, key=lambda call: call.due)
    with file.open("w", encoding="ascii") as out:
        for call in found:
            data = base64.b64encode(call.data).decode()
            out.write(json.dumps([call.due, call.kind, data]) + "\n")
    return len(found)


def read(file: Path) -> list[Call]:
    """Return the calls of a file."""
    with file.open(encoding="ascii") as lines:
        read = map(json.loads, lines)
        return [Call(due, kind, base64.b64decode(data)) for due, kind, data in read]
