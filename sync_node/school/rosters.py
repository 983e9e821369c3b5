"""Rosters: who is in which class, as somebody brings it. Pure: bytes or a text in, a roster out.

`read_oneroster` takes a OneRoster 1.1 zip of CSV files (`oneroster`), `read_pasted` a list out of a
spreadsheet, a message or a word processor.
"""

import csv
import io
import re
from collections.abc import Iterator
from typing import Literal, TypeAlias

from content_packs.errors import InvalidContent
from content_packs.values import Value
from sync_node.school.limits import (
    GRADE_CHARACTERS_MAX,
    LEARNERS_IN_CLASS_MAX,
    NAME_CHARACTERS_MAX,
    PASTED_CHARACTERS_MAX,
    ROSTER_PROBLEMS_MAX,
)
from sync_node.school.texts import one_line

ProblemCode: TypeAlias = Literal[
    "too-long", "twice", "other-version", "no-manifest", "not-utf-8", "no-class", "no-name",
    "several-classes",
]  # fmt: skip

_NUMBER = re.compile(r"\(?[0-9]{1,20}[.)、．:：]?\s*")
_NUMBERED = re.compile(r"\(?[0-9]{1,3}[.)、．:：]\s*(?=\S)|[0-9]{1,3}\s+(?=[^\W\d])")
_HEADS = {
    "name", "names", "student", "students", "pupil", "pupils", "full name", "student name",
    "姓名", "名字", "学生", "学生姓名", "学员",
}  # fmt: skip
_CLASS_HEADS = {"class", "class name", "group", "班级", "班"}
_NUMBER_HEADS = {"no", "no.", "nr", "number", "#", "id", "学号", "序号", "编号"}


class RosterLearner(Value, frozen=True):
    """A pupil of a roster. `source_id`: their sourcedId, empty in a pasted list."""

    name: str
    source_id: str = ""


class RosterClass(Value, frozen=True):
    """A class of a roster, its pupils in their order."""

    name: str
    grade: str = ""
    source_id: str = ""
    learners: tuple[RosterLearner, ...] = ()


class Problem(Value, frozen=True):
    """What couldn't be taken as it is: where, and what was done about it.

    `code` and `name` are for faces that say it in other languages: what it is, and whom or what it
    is about.
    """

    where: str
    text: str
    code: ProblemCode
    name: str = ""


class Roster(Value, frozen=True):
    """What was read. `gone`: sourcedIds of pupils who are to leave; `problems`: to be shown."""

    classes: tuple[RosterClass, ...]
    gone: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def learners(self) -> int:
        """How many pupils are in it."""
        return sum(len(one.learners) for one in self.classes)


def read_pasted(text: str, *, class_name: str = "", grade: str = "") -> Roster:
    """Return the roster that a pasted list is: a name a line, or columns out of a spreadsheet.

    A column headed "class" or 班级 parts the list into classes; else all are in `class_name`.
    Numbers before names are left out. Raises `InvalidContent` where no name is found, or too many.
    """
    if len(text) > PASTED_CHARACTERS_MAX:
        raise InvalidContent(
            f"the list has {len(text)} characters, more than {PASTED_CHARACTERS_MAX}",
            hint="Paste one class at a time.",
        )
    problems: list[Problem] = []
    members: dict[str, dict[str, None]] = {}
    for line, own_class, name in _pasted_names(text):
        where = members.setdefault(own_class or class_name, {})
        if len(name) > NAME_CHARACTERS_MAX:
            text = f"{name[:20]}…: too long for a name, left out"
            _tell(problems, Problem(f"line {line}", text, "too-long", f"{name[:20]}…"))
        elif name in where:
            text = f"{name}: twice in the list, taken once"
            _tell(problems, Problem(f"line {line}", text, "twice", name))
        else:
            where[name] = None
    classes = tuple(
        RosterClass(
            one_line(name, characters_max=NAME_CHARACTERS_MAX),
            one_line(grade, characters_max=GRADE_CHARACTERS_MAX),
            learners=tuple(RosterLearner(learner) for learner in names),
        )
        for name, names in members.items()
        if names
    )
    return checked(Roster(classes, problems=tuple(problems)))


def checked(roster: Roster) -> Roster:
    """Return a roster that a school can have. Raises `InvalidContent`."""
    if not roster.classes and not roster.gone:
        raise InvalidContent(
            "no pupil was found in it", hint="Each line needs a name; see the example."
        )
    for one in roster.classes:
        if len(one.learners) > LEARNERS_IN_CLASS_MAX:
            raise InvalidContent(
                f"class {one.name}: {len(one.learners)} pupils, at most {LEARNERS_IN_CLASS_MAX}",
                hint="Part it into two classes.",
            )
        if not one.name:
            raise InvalidContent("a class without a name", hint="Say which class it is.")
    return roster


def _tell(problems: list[Problem], one: Problem) -> None:
    if len(problems) < ROSTER_PROBLEMS_MAX:
        problems.append(one)


def _pasted_names(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the line's number, the class in it, and the name, which is never empty."""
    rows = list(_pasted_rows(text))
    name_at, class_at, first = _columns(rows)
    for line, cells in rows[first:]:
        if name_at is None:
            name = next((cell for cell in map(_without_number, cells) if cell), "")
        else:
            name = cells[name_at] if name_at < len(cells) else ""
        own = cells[class_at] if class_at is not None and class_at < len(cells) else ""
        if name:
            yield line, own, name


def _pasted_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield lines as cells: parted by tabs, else by commas or semicolons, maybe quoted."""
    delimiter = "\t" if "\t" in text else ";" if ";" in text and "," not in text else ","
    lines = text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")
    wide = lines.replace("，", ",").replace("；", ";") if delimiter != "\t" else lines
    for number, line in enumerate(wide.split("\n"), 1):
        try:
            cells = next(csv.reader(io.StringIO(line), delimiter=delimiter), [])
        except csv.Error:
            cells = line.split(delimiter)
        tidy = [one_line(cell, characters_max=NAME_CHARACTERS_MAX + 1) for cell in cells]
        if any(tidy):
            yield number, tidy


def _columns(rows: list[tuple[int, list[str]]]) -> tuple[int | None, int | None, int]:
    """Return where names and classes stand, if a first line says so, and where names begin."""
    head = [cell.lower() for cell in rows[0][1]] if rows else []
    name_at = next((at for at, cell in enumerate(head) if cell in _HEADS), None)
    class_at = next((at for at, cell in enumerate(head) if cell in _CLASS_HEADS), None)
    is_head = name_at is not None or (class_at is not None and len(head) > 1)
    only_head = len(head) == 1 and head[0] in _NUMBER_HEADS
    if not is_head:
        return None, None, 1 if only_head else 0
    return name_at, class_at, 1


def _without_number(cell: str) -> str:
    if _NUMBER.fullmatch(cell):
        return ""
    return _NUMBERED.sub("", cell, count=1) if _NUMBERED.match(cell) else cell
