"""Schools from a CSV file, as an office keeps them: all of a file, or nothing of it.

The first line names the columns: `school`, and any of `district`, `title`, `township`, `contact`,
`calendar`, `latitude`, `longitude`. An empty cell says nothing. Commas, semicolons or tabs, UTF-8,
with or without a byte order mark. Whatever is wrong is said with its line.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from content_packs.errors import SatchelError, UsageError
from hub import given_files
from hub.fleet import audit, bringing_up, schools
from hub.fleet.limits import SCHOOLS_FILE_BYTES_MAX, SCHOOLS_FILE_LINES_MAX
from hub.fleet.schools import Facts
from hub.fleet.state_tables import NodeStateRow
from hub.fleet.tables import SchoolRow
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right

COLUMNS = (
    "school", "district", "title", "township", "contact", "calendar", "latitude", "longitude",
)  # fmt: skip
_FAULTS_SHOWN = 10


@dataclass(frozen=True)
class Line:
    """A line of the file: a school."""

    number: int
    school: str
    district: str
    facts: Facts


@dataclass(frozen=True)
class Imported:
    """What became of a file's schools."""

    added: int
    changed: int
    unchanged: int


def take(hub: Hub, actor: Actor, data: bytes, *, district: str = "") -> Imported:
    """Write the schools of a CSV file down; `district` where the file doesn't say it.

    Raises `UsageError` with what is wrong in which line, `Refused`, `StorageFailed`.
    """
    actor.expect(Right.CHANGE_FLEET)
    lines = read(data, district)
    faults: list[str] = []
    done: Counter[str] = Counter()
    with hub.database.writing():
        for line in lines:
            try:
                done[_put(hub, actor, line)] += 1
            except SatchelError as error:
                faults.append(f"line {line.number}: {error.message}")
        if faults:
            raise _faulty(faults)
        reason = f"{done['added']} added, {done['changed']} changed"
        audit.note(hub, "schools-imported", reason=reason, actor=actor.login)
    bringing_up.bring_up(hub)
    return Imported(done["added"], done["changed"], done[""])


def read(data: bytes, district: str) -> list[Line]:
    """Return the schools in a CSV file, unchecked against those that are known.

    Raises `UsageError`.
    """
    if len(data) > SCHOOLS_FILE_BYTES_MAX:
        raise UsageError(f"the file has more than {SCHOOLS_FILE_BYTES_MAX} bytes")
    try:
        text = data.decode("utf-8-sig")
        dialect = "," if "," in text[: text.find("\n")] else ";" if ";" in text else "\t"
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=dialect, strict=True))
    except UnicodeDecodeError as error:
        raise UsageError("the file isn't UTF-8 text", hint="Save it as CSV UTF-8.") from error
    except csv.Error as error:
        raise UsageError(f"the file is no CSV: {error}") from error
    if len(rows) > SCHOOLS_FILE_LINES_MAX:
        raise UsageError(f"the file has more than {SCHOOLS_FILE_LINES_MAX} lines")
    unknown = sorted({str(name) for row in rows[:1] for name in row} - set(COLUMNS))
    if not rows or unknown or "school" not in rows[0]:
        raise UsageError(
            f"the file's first line: {', '.join(unknown)[:80] or 'no column called school'}",
            hint=f"Columns: {', '.join(COLUMNS)}.",
        )
    return list(_lines(rows, district))


def read_text(file: Path) -> str:
    """Return what a text file says, within the bound of a file of schools. Raises `UsageError`."""
    return given_files.read_text(file, SCHOOLS_FILE_BYTES_MAX)


def _lines(rows: list[dict[str, str | None]], district: str) -> Iterator[Line]:
    faults = []
    seen: set[str] = set()
    for number, row in enumerate(rows, 2):
        said = {name: (row.get(name) or "").strip() for name in COLUMNS}
        if not said["school"]:
            if any(said.values()):
                faults.append(f"line {number}: no name of a school")
            continue
        if said["school"] in seen:
            faults.append(f"line {number}: {said['school'][:80]} stands twice")
        seen.add(said["school"])
        try:
            facts = Facts(
                said["title"] or None,
                said["township"] or None,
                said["contact"] or None,
                said["calendar"] or None,
                latitude=_degrees(said["latitude"]),
                longitude=_degrees(said["longitude"]),
            )
            schools.check(said["school"], said["district"] or district or said["school"], facts)
        except (UsageError, ValueError) as error:
            faults.append(
                f"line {number}: {error.message if isinstance(error, UsageError) else error}"
            )
            continue
        yield Line(number, said["school"], said["district"] or district, facts)
    if faults:
        raise _faulty(faults)


def _degrees(text: str) -> float | None:
    return float(text) if text else None


def _put(hub: Hub, actor: Actor, line: Line) -> str:
    row = SchoolRow.get_or_none(SchoolRow.school == line.school)
    if (row is None or not actor.sees_township(row.township)) and not schools.may_add(actor):
        raise schools.no_such_of_theirs(line.school)
    if line.facts.township is not None:
        schools.expect_township(actor, line.facts.township)
    district = line.district or ("" if row is None else str(row.district))
    if not district:
        raise UsageError(f"{line.school}: a new school needs its district")
    done = schools.put(hub, line.school, district, line.facts)
    if done == "changed":
        NodeStateRow.update(edition=0).where(NodeStateRow.school == line.school).execute()
    return done


def _faulty(faults: list[str]) -> UsageError:
    shown = "; ".join(faults[:_FAULTS_SHOWN])
    more = f"; and {len(faults) - _FAULTS_SHOWN} more" if len(faults) > _FAULTS_SHOWN else ""
    return UsageError(f"{shown}{more}", hint="Nothing of the file was taken. Mend it, try again.")
