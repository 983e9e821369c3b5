"""The audit log's chain: what it proves, and which tampering `hub audit verify` finds."""

import sqlite3
from collections.abc import Callable
from contextlib import closing

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from content_packs.errors import InvalidContent, Refused, UsageError
from hub.audit import checking, checkpoints, listing
from hub.audit.chain import Line, digest_of
from hub.audit.listing import Wanted
from hub.audit.tables import AuditHeadRow
from hub.fleet import audit
from hub.fleet.limits import REFUSALS_KEPT_MAX
from hub.fleet.tables import AuditRow
from hub.hub import Hub
from hub.people.actor import Actor, of_this_machine
from tests.hub.clients import MovableClock

ADMIN = of_this_machine()
CUT_OFF = """
    DELETE FROM audit_row WHERE number > 4;
    UPDATE audit_head_row
    SET number = 4, digest = (SELECT digest FROM audit_row WHERE number = 4)
"""
TWICE = """
    INSERT INTO audit_row
      (at, refusal, event, node, keyid, origin, reason, actor, number, previous, digest)
    SELECT at, refusal, event, node, keyid, origin, reason, actor, number, previous, digest
    FROM audit_row WHERE number = 3
"""


def note(hub: Hub, count: int, *, refusal: bool = False) -> None:
    with hub.database.writing():
        for number in range(count):
            audit.note(hub, "school-added", actor="ada", reason=str(number), refusal=refusal)


def write_many(hub: Hub, first: int, last: int) -> None:
    """Write refusals as `audit.note` does, in one statement."""
    with hub.database.writing():
        digest, rows = AuditHeadRow.get_by_id("refusals").digest, []
        for number in range(first, last + 1):
            line = Line(number, "2026-01-01T08:00:00Z", "claim-refused", "", "", "", "", "", digest)
            digest = digest_of("refusals", line)
            rows.append({**vars(line), "digest": digest, "refusal": True})
        for batch in batched(rows):
            AuditRow.insert_many(batch).execute()
        AuditHeadRow.update(number=last, digest=digest).where(
            AuditHeadRow.chain == "refusals"
        ).execute()


def batched(rows: list[dict[str, object]]) -> list[list[dict[str, object]]]:
    return [rows[start : start + 1_000] for start in range(0, len(rows), 1_000)]


def change(hub: Hub, *statements: str) -> None:
    """Do what somebody does who has the file, without the hub."""
    with closing(sqlite3.connect(hub.data.database)) as database:
        database.execute("DROP TRIGGER IF EXISTS audit_row_stays")
        for statement in statements:
            database.execute(statement)
        database.commit()


def troubles(hub: Hub, *kept: checkpoints.Checkpoint) -> str:
    return "; ".join(checking.check(hub, ADMIN, kept).troubles)


@pytest.mark.both_databases
def test_a_log_that_nobody_touched_holds(hub: Hub, clock: MovableClock) -> None:
    assert checking.check(hub, ADMIN).holds
    note(hub, 5)
    note(hub, 3, refusal=True)
    made = checkpoints.make(hub)
    clock.go_on(days=1)
    note(hub, 2)
    checkpoints.make(hub)
    found = checking.check(hub, ADMIN, [made])
    assert found.troubles == ()
    assert [(one.chain, one.first, one.last) for one in found.chains] == [
        ("deeds", 1, 7), ("refusals", 1, 3),
    ]  # fmt: skip
    assert (found.checkpoints, found.checkpoint) == (2, "2026-01-02T08:00:00Z")


@pytest.mark.both_databases
def test_what_goes_by_itself_is_no_gap(hub: Hub) -> None:
    note(hub, 10, refusal=True)
    made = checkpoints.make(hub)
    write_many(hub, 11, REFUSALS_KEPT_MAX + 20)
    note(hub, 64, refusal=True)
    found = checking.check(hub, ADMIN, [made])
    assert found.troubles == ()
    assert found.chains[1].first > 20


@pytest.mark.hub_db
def test_lines_of_before_there_was_a_chain_stand_outside(hub: Hub) -> None:
    row = "('2025-01-01T00:00:00Z', 0, 'claimed', 'n', '', '', '')"
    into = "INSERT INTO audit_row (at, refusal, event, node, keyid, origin, reason) VALUES"
    change(hub, f"{into} {row}", f"{into} {row}")
    note(hub, 2)
    found = checking.check(hub, ADMIN)
    assert found.troubles == ()
    assert found.chains[0].before == 2
    change(hub, f"{into} {row}")
    assert "1 lines were added outside" in troubles(hub)


ATTACKS: dict[str, tuple[str, str]] = {
    "a reason is changed": (
        "UPDATE audit_row SET reason = 'nothing' WHERE number = 3", "line 3 isn't as it was",
    ),
    "another person is blamed": (
        "UPDATE audit_row SET actor = 'otto' WHERE number = 3", "line 3 isn't as it was",
    ),
    "a deed is made a refusal": (
        "UPDATE audit_row SET refusal = 1 WHERE number = 3", "line 3 isn't as it was",
    ),
    "a time is changed": (
        "UPDATE audit_row SET at = '2020-01-01T00:00:00Z' WHERE number = 6", "line 6",
    ),
    "a line is taken away": (
        "DELETE FROM audit_row WHERE number = 3", "the lines 3 to 3 are missing",
    ),
    "the end is cut off": ("DELETE FROM audit_row WHERE number > 4", "the last line is 4"),
    "the end is cut off, and where it ends is made to fit": (CUT_OFF, "line 6 isn't the one"),
    "everything goes": ("DELETE FROM audit_row", "the last line is 0"),
    "everything goes, and the head": (
        "DELETE FROM audit_row; DELETE FROM audit_head_row", "isn't the one that was signed",
    ),
    "the head goes": ("DELETE FROM audit_head_row", "where it ends isn't known"),
    "two lines change places": (
        "UPDATE audit_row SET number = 9 - number WHERE number IN (4, 5)", "doesn't follow",
    ),
    "a line is there twice": (TWICE, "line 3 is there twice"),
    "the checkpoint is altered": (
        "UPDATE audit_checkpoint_row SET document = replace(document, ':6,', ':5,')",
        "isn't signed by a service key",
    ),
    "the checkpoint is garbage": (
        "UPDATE audit_checkpoint_row SET document = '[1, 2'", "audit checkpoint",
    ),
}  # fmt: skip


@pytest.mark.hub_db
@pytest.mark.parametrize("name", ATTACKS)
def test_tampering_is_found(hub: Hub, name: str) -> None:
    note(hub, 6)
    checkpoints.make(hub)
    statements, expected = ATTACKS[name]
    change(hub, *statements.split(";"))
    assert expected in troubles(hub)


@pytest.mark.hub_db
def test_a_chain_written_anew_is_found_by_the_checkpoint(hub: Hub) -> None:
    note(hub, 6)
    mine = checkpoints.make(hub)
    change(hub, "DELETE FROM audit_row", "DELETE FROM audit_head_row")
    with hub.database.writing():
        for _ in range(6):
            audit.note(hub, "school-added", reason="of another history")
    assert "line 6 isn't the one that was signed" in troubles(hub)
    change(hub, "DELETE FROM audit_checkpoint_row")
    assert troubles(hub) == ""
    assert "line 6 isn't the one that was signed" in troubles(hub, mine)  # an auditor's own copy


@pytest.mark.hub_db
def test_a_checkpoint_of_another_key_proves_nothing(hub: Hub) -> None:
    note(hub, 2)
    made = checkpoints.make(hub)
    forged = checkpoints.signed(made.at, made.deeds, made.refusals, Ed25519PrivateKey.generate())
    assert checkpoints.holds(forged)
    assert "isn't signed by a service key" in troubles(hub, forged)


def test_checkpoints_are_made_once_a_day(hub: Hub, clock: MovableClock) -> None:
    for hours in (0, 1, 22):
        clock.go_on(hours=hours)
        checkpoints.make_if_due(hub)
    assert len(checkpoints.checkpoints(hub)) == 1
    clock.go_on(hours=1)
    checkpoints.make_if_due(hub)
    assert len(checkpoints.checkpoints(hub)) == 2


@pytest.mark.parametrize(
    "document", [b"", b"{}", b"[]", b"\xff", b"{" * 5_000, b'{"at":"yesterday"}']
)
def test_what_is_no_checkpoint_is_said_to_be_none(document: bytes) -> None:
    with pytest.raises(InvalidContent, match="audit checkpoint"):
        checkpoints.read(document)


def test_every_field_of_a_line_counts() -> None:
    line = Line(1, "2026-01-01T00:00:00Z", "claimed", "n", "k", "o", "r", "a", "0" * 64)
    digests = {digest_of("deeds", line), digest_of("refusals", line)}
    for name, value in vars(line).items():
        other = value + 1 if isinstance(value, int) else value + "x"
        digests.add(digest_of("deeds", Line(**{**vars(line), name: other})))
    assert len(digests) == 2 + len(vars(line))


@pytest.mark.both_databases
def test_the_log_is_read_in_pages_and_by_what_is_wanted(hub: Hub, clock: MovableClock) -> None:
    note(hub, 5)
    clock.go_on(days=2)
    note(hub, 2, refusal=True)
    with hub.database.writing():
        audit.note(hub, "claimed", node="qamdo-1", actor="otto")
    first = listing.page(hub, ADMIN, Wanted(), most=3)
    second = listing.page(hub, ADMIN, Wanted(), after=first.next, most=9)
    numbers = [(one.refusal, one.number) for one in (*first.entries, *second.entries)]
    assert numbers == [(False, 6), (True, 2), (True, 1), *((False, n) for n in (5, 4, 3, 2, 1))]
    assert second.next == 0
    counts: dict[Callable[[], Wanted], int] = {
        lambda: Wanted(actor="ada"): 7,
        lambda: Wanted(event="claimed"): 1,
        lambda: Wanted(node="qamdo-1"): 1,
        lambda: Wanted(refusals=True): 2,
        lambda: Wanted(since="2026-01-02"): 3,
        lambda: Wanted(until="2026-01-02"): 5,
        lambda: Wanted(since="2026-01-03", until="2026-01-03"): 3,
    }
    for wanted, count in counts.items():
        assert len(listing.page(hub, ADMIN, wanted()).entries) == count


def test_what_cant_be_wanted_is_said(hub: Hub) -> None:
    for wanted in (Wanted(event="gossip"), Wanted(since="yesterday"), Wanted(until="2026-13-01")):
        with pytest.raises(UsageError):
            listing.page(hub, ADMIN, wanted)
        with pytest.raises(UsageError):
            listing.csv(hub, ADMIN, wanted)


def test_only_who_may_see_the_log_sees_it(hub: Hub) -> None:
    for role in ("operator", "publisher", "teacher"):
        with pytest.raises(Refused, match="see-audit"):
            listing.page(hub, Actor("x", role, "console"), Wanted())
        with pytest.raises(Refused, match="see-audit"):
            listing.csv(hub, Actor("x", role, "console"), Wanted())
        with pytest.raises(Refused, match="see-audit"):
            checking.check(hub, Actor("x", role, "console"))
        with pytest.raises(Refused, match="see-audit"):
            checkpoints.newest(hub, Actor("x", role, "console"))


def test_csv_injection_a_reason_stays_text_in_a_spreadsheet(hub: Hub) -> None:
    with hub.database.writing():
        audit.note(hub, "claimed", reason='=HYPERLINK("http://evil")', actor="+ada")
    table = b"".join(listing.csv(hub, ADMIN, Wanted())).decode("utf-8-sig")
    assert '"\'=HYPERLINK(""http://evil"")"' in table
    assert '"\'+ada"' in table


def test_a_checkpoint_can_be_carried_away_and_brought_back(hub: Hub) -> None:
    note(hub, 2)
    made = checkpoints.make(hub)
    assert checkpoints.read(msgspec.json.encode(made)) == made
