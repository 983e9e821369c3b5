"""OneRoster 1.1 CSV: a zip of CSV files and a manifest.csv, as 1EdTech describes it.

Read: `manifest.csv` (which files there are, and whether each holds all, `bulk`, or changes,
`delta`), `classes.csv`, `users.csv`, `enrollments.csv`; `orgs`, `courses`, `academicSessions`,
`demographics` and the rest are of no use here. Columns are found by their heads, in any order;
extension columns are left out. In a delta `status` is `active` or `tobedeleted`; in bulk it is
empty. A pupil is a user with the role `student`; the class is the homeroom where there is one, else
the first that they are enrolled in, since a pupil has one class here.

Kinder than the specification: a byte order mark, files in a folder of the zip, GB 18030 (which a
Chinese Excel writes), 1.2's names, and a missing manifest don't matter.
"""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from content_packs.errors import InvalidContent
from sync_node.school.limits import (
    GRADE_CHARACTERS_MAX,
    NAME_CHARACTERS_MAX,
    ROSTER_BYTES_MAX,
    ROSTER_FIELD_CHARACTERS_MAX,
    ROSTER_FILES_MAX,
    ROSTER_PROBLEMS_MAX,
    ROSTER_ROWS_MAX,
    ROSTER_UNPACKED_BYTES_MAX,
    SOURCE_ID_CHARACTERS_MAX,
)
from sync_node.school.rosters import (
    Problem,
    ProblemCode,
    Roster,
    RosterClass,
    RosterLearner,
    checked,
)
from sync_node.school.texts import one_line

_WANTED = {
    "classes": ("sourcedId", "title"),
    "users": ("sourcedId", "role", "givenName", "familyName"),
    "enrollments": ("classSourcedId", "userSourcedId", "role"),
}
_MANIFEST = "manifest"
_ZIP = b"PK"
_GONE = "tobedeleted"

_Row = Mapping[str, str]


@dataclass
class _Tables:
    """The rows of the files, and what was wrong with them."""

    rows: dict[str, list[_Row]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def tell(self, where: str, text: str, code: ProblemCode, name: str = "") -> None:
        """Note a problem, up to as many as anybody reads."""
        if len(self.problems) < ROSTER_PROBLEMS_MAX:
            self.problems.append(Problem(where, text, code, name))


def read_oneroster(data: bytes) -> Roster:
    """Return the roster in a zip of OneRoster CSV files. Raises `InvalidContent`."""
    if len(data) > ROSTER_BYTES_MAX:
        raise InvalidContent(
            f"the file has {len(data)} bytes, more than the {ROSTER_BYTES_MAX} allowed",
            hint="Export the classes of this school alone.",
        )
    if not data.startswith(_ZIP):
        raise InvalidContent(
            "this is no zip file", hint="Choose the zip of a OneRoster 1.1 export."
        )
    files = _unpacked(data)
    tables = _Tables()
    present = _present(files, tables)
    for name, columns in _WANTED.items():
        if name in present:
            tables.rows[name] = list(_rows(files[name], name, columns, tables))
    return checked(_roster(tables))


def _unpacked(data: bytes) -> dict[str, bytes]:
    """Return the files that matter, by name without folder and ending."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return dict(_wanted_files(archive))
    except (
        zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError,
        ValueError, OverflowError, MemoryError,
    ) as error:  # fmt: skip
        raise InvalidContent(
            f"the zip can't be read: {str(error)[:120]}", hint="Export it again, without password."
        ) from error


def _wanted_files(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    entries = archive.infolist()
    if len(entries) > ROSTER_FILES_MAX:
        raise InvalidContent(f"the zip has more than {ROSTER_FILES_MAX} files")
    left = ROSTER_UNPACKED_BYTES_MAX
    for entry in entries:
        name = entry.filename.replace("\\", "/").rpartition("/")[2].lower()
        stem = name.removesuffix(".csv")
        if stem == name or stem not in {*_WANTED, _MANIFEST}:
            continue
        with archive.open(entry) as file:
            data = file.read(left + 1)
        left -= len(data)
        if left < 0:
            raise InvalidContent(f"unpacked it has more than {ROSTER_UNPACKED_BYTES_MAX} bytes")
        yield stem, data


def _present(files: Mapping[str, bytes], tables: _Tables) -> set[str]:
    """Return which of the wanted files are there, and not said to be `absent`."""
    said: dict[str, str] = {}
    if _MANIFEST in files:
        rows = _rows(files[_MANIFEST], _MANIFEST, ("propertyName", "value"), tables)
        said = {row["propertyName"].strip(): row["value"].strip().lower() for row in rows}
        version = said.get("oneroster.version", "")
        if not version.startswith("1."):
            found = version[:20]
            tables.tell(
                "manifest.csv", f"oneroster.version is {found!r}, not 1.1", "other-version", found
            )
    else:
        tables.tell("manifest.csv", "missing: each file is taken for a full one", "no-manifest")
    present = {
        name for name in _WANTED if name in files and said.get(f"file.{name}", "bulk") != "absent"
    }
    missing = ", ".join(f"{name}.csv" for name in _WANTED if name not in present)
    if missing and not any(value == "delta" for value in said.values()):
        raise InvalidContent(
            f"the zip has no {missing}", hint="Export classes, users and enrollments together."
        )
    return present


def _text(data: bytes, name: str, tables: _Tables) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        tables.tell(f"{name}.csv", "not UTF-8: read as GB 18030", "not-utf-8")
        return data.decode("gb18030", errors="replace")


def _rows(data: bytes, name: str, columns: tuple[str, ...], tables: _Tables) -> Iterator[_Row]:
    """Yield a file's rows by head. Raises `InvalidContent`."""
    text = _text(data, name, tables).replace("\x00", "")
    reader = csv.reader(io.StringIO(text, newline=""), strict=False)
    try:
        heads = {head.strip().lower(): at for at, head in enumerate(next(reader, []))}
        lacking = [column for column in columns if column.lower() not in heads]
        if lacking:
            raise InvalidContent(
                f"{name}.csv has no column {', '.join(lacking)}",
                hint="The first line has the names of the columns, as OneRoster 1.1 gives them.",
            )
        for number, cells in enumerate(reader, 1):
            if number > ROSTER_ROWS_MAX:
                raise InvalidContent(f"{name}.csv has more than {ROSTER_ROWS_MAX} rows")
            if any(cells):
                yield _ByHead(heads, cells)
    except csv.Error as error:
        raise InvalidContent(f"{name}.csv: {error}", hint="Export it again.") from error


class _ByHead(Mapping[str, str]):
    """A row whose cells are asked for by head; an absent one is empty."""

    def __init__(self, heads: Mapping[str, int], cells: list[str]) -> None:
        self._heads = heads
        self._cells = cells

    def __getitem__(self, head: str) -> str:
        at = self._heads.get(head.lower(), len(self._cells))
        return self._cells[at][:ROSTER_FIELD_CHARACTERS_MAX] if at < len(self._cells) else ""

    def __iter__(self) -> Iterator[str]:
        return iter(self._heads)

    def __len__(self) -> int:
        return len(self._heads)


def _roster(tables: _Tables) -> Roster:
    classes = _classes(tables)
    pupils, gone = _pupils(tables)
    chosen = _chosen_classes(tables, classes, pupils)
    members: dict[str, list[RosterLearner]] = {class_id: [] for class_id in classes}
    for pupil_id, pupil in pupils.items():
        if pupil_id in chosen:
            members[chosen[pupil_id]].append(pupil[1])
        else:
            name = pupil[1].name
            tables.tell("enrollments.csv", f"{name}: in no class, left out", "no-class", name)
    made = [
        RosterClass(one.name, one.grade, one.source_id, tuple(members[one.source_id]))
        for one in classes.values()
        if members[one.source_id]
    ]
    return Roster(tuple(made), tuple(gone), tuple(tables.problems))


def _classes(tables: _Tables) -> dict[str, RosterClass]:
    """Return the classes by sourcedId: the homerooms, where there are any."""
    found: dict[str, RosterClass] = {}
    homerooms: set[str] = set()
    names: set[str] = set()
    for row in tables.rows.get("classes", []):
        source_id = _id(row["sourcedId"])
        name = one_line(row["title"], characters_max=NAME_CHARACTERS_MAX) or source_id
        if not source_id or row["status"].strip().lower() == _GONE:
            continue
        if name in names:
            name = one_line(
                f"{name} {row['classCode'] or source_id}", characters_max=NAME_CHARACTERS_MAX
            )
        names.add(name)
        grade = one_line(row["grades"], characters_max=GRADE_CHARACTERS_MAX)
        found[source_id] = RosterClass(name, grade, source_id)
        if row["classType"].strip().lower() == "homeroom":
            homerooms.add(source_id)
    return {key: one for key, one in found.items() if key in homerooms} if homerooms else found


def _pupils(tables: _Tables) -> tuple[dict[str, tuple[str, RosterLearner]], list[str]]:
    """Return the pupils by sourcedId, in the order of their names, and who is to leave."""
    found: dict[str, tuple[str, RosterLearner]] = {}
    gone: list[str] = []
    for number, row in enumerate(tables.rows.get("users", []), 2):
        source_id = _id(row["sourcedId"])
        if row["role"].strip().lower() != "student" or not source_id:
            continue
        if row["status"].strip().lower() == _GONE:
            gone.append(source_id)
            continue
        name, order = _name(row)
        if not name:
            tables.tell(f"users.csv, row {number}", "a pupil without a name, left out", "no-name")
            continue
        found[source_id] = (order, RosterLearner(name, source_id))
    return dict(sorted(found.items(), key=lambda pair: pair[1][0])), gone


def _name(row: _Row) -> tuple[str, str]:
    """Return a full name as people write it, and what to sort it by."""
    given = one_line(row["givenName"], characters_max=NAME_CHARACTERS_MAX)
    family = one_line(row["familyName"], characters_max=NAME_CHARACTERS_MAX)
    together = f"{family}{given}" if _is_han(family + given) else f"{given} {family}"
    order = f"{family}\n{given}".casefold()
    return one_line(together, characters_max=NAME_CHARACTERS_MAX), order


def _is_han(text: str) -> bool:
    return bool(text) and all("\u3400" <= c <= "\u9fff" or c > "\uffff" for c in text)


def _chosen_classes(
    tables: _Tables,
    classes: Mapping[str, RosterClass],
    pupils: Mapping[str, tuple[str, RosterLearner]],
) -> dict[str, str]:
    """Return the class of each pupil, by sourcedId."""
    chosen: dict[str, str] = {}
    further: dict[str, int] = {}
    for row in tables.rows.get("enrollments", []):
        pupil, school_class = _id(row["userSourcedId"]), _id(row["classSourcedId"])
        gone = row["status"].strip().lower() == _GONE
        if row["role"].strip().lower() != "student" or gone or pupil not in pupils:
            continue
        if school_class in classes and chosen.setdefault(pupil, school_class) != school_class:
            further[pupil] = further.get(pupil, 1) + 1
    for pupil, count in further.items():
        name = classes[chosen[pupil]].name
        who = pupils[pupil][1].name
        text = f"{who}: in {count} classes, put into {name}"
        tables.tell("enrollments.csv", text, "several-classes", who)
    return chosen


def _id(text: str) -> str:
    return one_line(text, characters_max=SOURCE_ID_CHARACTERS_MAX)
