"""Teachers, and the codes from the console by which the first of them comes in.

Whoever can run a command on the box gets a code (`sync-node teacher-code`): 60 random bits, good
once, until another is made. It makes a teacher, or gives one who forgot it a new passphrase; a
technician's code signs a technician in. The code on a card's label (`label`) signs technicians in,
too, as often as need be: a box from a card has no console. It counts until another takes its place.
"""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from content_packs.errors import Refused, UsageError
from sync_node.school.errors import WrongSecret
from sync_node.school.ground import Ground
from sync_node.school.hashing import hash_token
from sync_node.school.limits import (
    CODE_CHARACTERS,
    NAME_CHARACTERS_MAX,
    PASSPHRASE_CHARACTERS_MAX,
    PASSPHRASE_CHARACTERS_MIN,
    PASSPHRASE_WORDS_MIN,
    TEACHERS_MAX,
)
from sync_node.school.models import CodeRow, SessionRow, TeacherRow
from sync_node.school.people_model import Teacher
from sync_node.school.rows import count_of, one_of
from sync_node.school.texts import needed_line

CodeKind: TypeAlias = Literal["teacher", "technician", "label"]

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})
_GROUP = 4


class Teachers:
    """Who may teach here."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def teachers(self) -> list[Teacher]:
        """Return the teachers, by name."""
        with self._ground.database.reading():
            rows = TeacherRow.select().where(~TeacherRow.archived).order_by(TeacherRow.name)
            return [_teacher(row) for row in rows]

    def teacher(self, teacher_id: str) -> Teacher:
        """Return a teacher, archived or not. Raises `Missing`."""
        with self._ground.database.reading():
            return _teacher(one_of(TeacherRow, teacher_id, what="teacher"))

    def add(self, name: str, passphrase: str) -> Teacher:
        """Add a teacher; for a page that a teacher is signed in to.

        Raises `UsageError` for a passphrase that is too easy, `Refused` for a name that is taken.
        """
        made, hashed = self._prepared(name, passphrase)
        self._ground.write(lambda: self._insert(made, hashed))
        return made

    def add_with_code(self, code: str, name: str, passphrase: str) -> Teacher:
        """Add a teacher, or give one of this name a new passphrase, by a code from the console.

        Raises `WrongSecret`, `UsageError`. The code is used up by it. Throttled by the caller
        (`signing_in`).
        """
        made, hashed = self._prepared(name, passphrase)

        def work() -> Teacher:
            use_code("teacher", code)
            row = TeacherRow.get_or_none((TeacherRow.name == made.name) & ~TeacherRow.archived)
            if row is None:
                self._insert(made, hashed)
                return made
            row.passphrase_hash = hashed
            row.save()
            _end_sessions(row.id)
            return _teacher(row)

        return self._ground.write(work)

    def change_passphrase(self, teacher_id: str, passphrase: str) -> None:
        """Give a teacher another passphrase; other sessions of theirs end. Raises as `add`."""
        hashed = self._hashed(passphrase)

        def work() -> None:
            row = one_of(TeacherRow, teacher_id, what="teacher")
            row.passphrase_hash = hashed
            row.save()
            _end_sessions(teacher_id)

        self._ground.write(work)

    def archive(self, teacher_id: str) -> None:
        """Let a teacher in no more. Raises `Missing`; `Refused` for the last one."""

        def work() -> None:
            row = one_of(TeacherRow, teacher_id, what="teacher")
            if count_of(TeacherRow, ~TeacherRow.archived) <= 1:
                raise Refused("the last teacher stays", hint="Add another one first.")
            row.archived = True
            row.save()
            _end_sessions(teacher_id)

        self._ground.write(work)

    def make_code(self, kind: CodeKind) -> str:
        """Return a new code for the console to show; the one before counts no more."""
        number = int.from_bytes(self._ground.randomness(8), "big")
        letters = [_ALPHABET[number >> (5 * place) & 31] for place in range(CODE_CHARACTERS)]
        code = "".join(letters)
        values = {
            "kind": kind,
            "code_hash": hash_token(code),
            "created_at": self._ground.now_text(),
        }
        self._ground.write(lambda: CodeRow.insert(values).on_conflict_replace().execute())
        return "-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))

    def set_codes(self, codes: Mapping[CodeKind, str]) -> None:
        """Let these codes count, in place of earlier ones of their kinds; all of them or none."""
        rows = [
            {"kind": kind, "code_hash": _hash_of(code), "created_at": self._ground.now_text()}
            for kind, code in codes.items()
        ]
        self._ground.write(lambda: CodeRow.insert_many(rows).on_conflict_replace().execute())

    def check_code(self, kind: CodeKind, code: str) -> None:
        """Raise `WrongSecret` for a code that isn't out; it stays unused."""
        with self._ground.database.reading():
            if not count_of(CodeRow, _is_code(kind, code)):
                raise _wrong_code()

    def has_code(self, kind: CodeKind) -> bool:
        """Say whether a code is out that nobody has used."""
        with self._ground.database.reading():
            return bool(count_of(CodeRow, CodeRow.kind == kind))

    def _prepared(self, name: str, passphrase: str) -> tuple[Teacher, str]:
        wanted = needed_line(name, characters_max=NAME_CHARACTERS_MAX, what="the teacher's name")
        return Teacher(self._ground.new_id(), wanted), self._hashed(passphrase)

    def _hashed(self, passphrase: str) -> str:
        check_passphrase(passphrase)
        return self._ground.hashed(passphrase)

    def _insert(self, made: Teacher, hashed: str) -> None:
        if count_of(TeacherRow, ~TeacherRow.archived) >= TEACHERS_MAX:
            raise Refused(f"there are {TEACHERS_MAX} teachers already")
        if count_of(TeacherRow, (TeacherRow.name == made.name) & ~TeacherRow.archived):
            raise Refused(
                f"there is a teacher {made.name} already", hint="Add the first name or a number."
            )
        TeacherRow.create(
            id=made.id, name=made.name, passphrase_hash=hashed, archived=False,
            created_at=self._ground.now_text(),
        )  # fmt: skip


def check_passphrase(passphrase: str) -> None:
    """Raise `UsageError` for a passphrase that is too easy: under 4 words and 12 characters."""
    characters = len(passphrase)
    words = len(set(passphrase.split()))
    long_enough = characters >= PASSPHRASE_CHARACTERS_MIN and len(set(passphrase)) > _GROUP
    if characters > PASSPHRASE_CHARACTERS_MAX or not (long_enough or words >= PASSPHRASE_WORDS_MIN):
        raise UsageError(
            "that passphrase won't do",
            hint=f"Take {PASSPHRASE_WORDS_MIN} different words, or {PASSPHRASE_CHARACTERS_MIN} to "
            f"{PASSPHRASE_CHARACTERS_MAX} characters.",
        )


def use_code(kind: CodeKind, code: str) -> None:
    """Use a code up, within a write; a label's stays good. Raises `WrongSecret`."""
    if CodeRow.delete().where(_is_code(kind, code)).execute():
        return
    if kind != "technician" or not count_of(CodeRow, _is_code("label", code)):
        raise _wrong_code()


def _is_code(kind: CodeKind, code: str) -> Any:
    return (CodeRow.kind == kind) & (CodeRow.code_hash == _hash_of(code))


def _hash_of(code: str) -> str:
    """Return what a code that somebody typed is known by."""
    return hash_token("".join(code.upper().replace("-", " ").split()).translate(_READ_AS))


def _wrong_code() -> WrongSecret:
    return WrongSecret(
        "that code isn't right, or was used already",
        hint="A technician makes a new one on the box's page, or there: sync-node teacher-code.",
    )


def _teacher(row: TeacherRow) -> Teacher:
    return Teacher(row.id, row.name, bool(row.archived))


def _end_sessions(teacher_id: str) -> None:
    SessionRow.delete().where(
        (SessionRow.kind == "teacher") & (SessionRow.subject == teacher_id)
    ).execute()
