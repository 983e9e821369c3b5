"""A fleet of boxes as the hub has them in its database, and what they report."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import msgspec

from content_packs.messages import to_second
from content_packs.reports import Disk, PackReadiness, Report
from hub.clock import in_words
from hub.edition import read_edition
from hub.fleet import reports
from hub.fleet.standing import Judge
from hub.fleet.tables import NodeKeyRow, NodeRow, SchoolRow
from hub.hub import Hub
from hub.people.actor import Actor
from tests.support.protocol import a_report

ANNA = Actor("anna", "administrator", "console")
BEN = Actor("ben", "administrator", "console")
TOWNSHIPS = ("north", "south")


def add_schools(hub: Hub, numbers: Iterable[int]) -> list[str]:
    """Enrol a box in each of these schools, of two townships in turn; return their names."""
    now, names = in_words(hub.clock()), []
    with hub.database.writing():
        judge = Judge(hub, read_edition(hub.data.metadata))
        for number in numbers:
            school, node = f"school-{number}", f"box-{number}"
            township = TOWNSHIPS[number % len(TOWNSHIPS)]
            SchoolRow.insert(
                school=school, district="east", township=township, added_at=now
            ).execute()
            NodeRow.insert(node=node, school=school, added_at=now).execute()
            NodeKeyRow.insert(
                keyid=f"{number:064x}", node=node, public="", state="valid", code="", nonce="",
                model="", serial_number="", software="", origin="", claimed_at=now,
            ).execute()  # fmt: skip
            judge.judge(node)
            names.append(node)
    return names


def holds(version: int, *, pack: str = "demo") -> PackReadiness:
    """What a box says that has all of a version, hashed, and its lessons open."""
    return PackReadiness(
        pack=pack, channel="main", version=version, lessons_ready=2, lessons_total=2,
        bytes_to_come=0, bytes_wanted=200_000, verified_version=version, opened=2,
    )  # fmt: skip


def fetches(version: int, *, to_come: int = 150_000) -> PackReadiness:
    """What a box says that is on its way to a version, and has the one before whole."""
    return PackReadiness(
        pack="demo", channel="main", version=version, lessons_ready=0, lessons_older=2,
        lessons_total=2, bytes_to_come=to_come, bytes_wanted=200_000,
        verified_version=version - 1 or None,
    )  # fmt: skip


@contextmanager
def _judging(hub: Hub) -> Iterator[Judge]:
    with hub.database.writing():
        yield Judge(hub, read_edition(hub.data.metadata))


def report_of(hub: Hub, *packs: PackReadiness, disk: str = "", **said: object) -> Report:
    """A report of now about these packs."""
    trouble = Disk(total=10**10, free=10**9, trouble=disk)  # type: ignore[arg-type]
    return msgspec.structs.replace(
        a_report(), at=to_second(hub.clock()), packs=packs, disk=trouble, troubles=(), **said
    )


def say(hub: Hub, nodes: Iterable[str], *packs: PackReadiness, disk: str = "") -> None:
    """Let boxes check in, and report the same."""
    with _judging(hub) as judge:
        for node in nodes:
            reports.keep(hub, node, [report_of(hub, *packs, disk=disk)], "check-in")
            judge.heard(NodeRow.get_by_id(node), "check-in")
