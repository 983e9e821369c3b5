"""The tables of school.db. The site's process writes them, by `writer` alone; STATE.md says more.

Times are RFC 3339 in UTC, to the second; days are ISO 8601. An actor is `learner:<uuid>` or
`device:<uuid>`. Nothing is deleted that somebody may still ask for: it is archived or withdrawn.
Rows never leave the modules that query them.
"""

from typing import Any

from peewee import (
    AutoField,
    BlobField,
    BooleanField,
    CompositeKey,
    DatabaseProxy,
    IntegerField,
    Model,
    TextField,
)

database_proxy = DatabaseProxy()


class _Row(Model):
    class Meta:
        database = database_proxy
        legacy_table_names = False


class ClassRow(_Row):
    """A class. `source_id`: its sourcedId in a OneRoster file."""

    id: Any = TextField(primary_key=True)
    name: Any = TextField()
    grade: Any = TextField()
    source_id: Any = TextField()
    created_at: Any = TextField()
    archived: Any = BooleanField()


class LearnerRow(_Row):
    """A pupil. `pin_kind`: `digits`, `pictures`, or empty for none."""

    id: Any = TextField(primary_key=True)
    class_id: Any = TextField()
    name: Any = TextField()
    sort_key: Any = TextField()
    picture: Any = TextField()
    pin_hash: Any = TextField()
    pin_kind: Any = TextField()
    source_id: Any = TextField()
    created_at: Any = TextField()
    archived: Any = BooleanField()


class TeacherRow(_Row):
    """A teacher."""

    id: Any = TextField(primary_key=True)
    name: Any = TextField()
    passphrase_hash: Any = TextField()
    created_at: Any = TextField()
    archived: Any = BooleanField()


class CodeRow(_Row):
    """A code that counts. `kind`: `teacher`, `technician` or `label`; one of each."""

    kind: Any = TextField(primary_key=True)
    code_hash: Any = TextField()
    created_at: Any = TextField()


class DeviceRow(_Row):
    """A browser that something was recorded of while nobody was signed in."""

    id: Any = TextField(primary_key=True)
    created_at: Any = TextField()


class KnownDeviceRow(_Row):
    """A device that has signed in to an account before."""

    account: Any = TextField()
    device: Any = TextField()
    at: Any = TextField()

    class Meta:
        """Its key."""

        primary_key = CompositeKey("account", "device")


class SessionRow(_Row):
    """Somebody signed in. `kind`: `learner`, `teacher` or `technician`; `subject`: their id."""

    token_hash: Any = TextField(primary_key=True)
    kind: Any = TextField()
    subject: Any = TextField()
    device: Any = TextField()
    created_at: Any = TextField()
    seen_at: Any = TextField()


class AttemptRow(_Row):
    """A failure to sign in. `account`: whose, such as `learner:<uuid>`."""

    id: Any = AutoField()
    account: Any = TextField()
    device: Any = TextField()
    at: Any = TextField()


class AssignmentRow(_Row):
    """A lesson, or one item of it, set for a class. `withdrawn_at`: empty while it counts."""

    id: Any = TextField(primary_key=True)
    class_id: Any = TextField()
    pack: Any = TextField()
    lesson: Any = TextField()
    item: Any = TextField()
    due_on: Any = TextField()
    by: Any = TextField()
    created_at: Any = TextField()
    withdrawn_at: Any = TextField()


class StatementRow(_Row):
    """A record (RECORDS.md): `body` are its canonical bytes; the rest repeats them."""

    sequence: Any = AutoField()
    id: Any = TextField(unique=True)
    stored_at: Any = TextField()
    actor: Any = TextField()
    verb: Any = TextField()
    pack: Any = TextField()
    lesson: Any = TextField()
    item: Any = TextField()
    version: Any = IntegerField()
    body: Any = BlobField()


class ProgressRow(_Row):
    """How far somebody is with an item (derived). `score` of `points`: the best, in hundredths.

    `state`: `started` or `done`. `item` is empty for the lesson itself.
    """

    actor: Any = TextField()
    pack: Any = TextField()
    lesson: Any = TextField()
    item: Any = TextField()
    version: Any = IntegerField()
    state: Any = TextField()
    percent: Any = IntegerField()
    seconds: Any = IntegerField()
    score: Any = IntegerField()
    points: Any = IntegerField()
    by_app: Any = BooleanField()
    attempts: Any = IntegerField()
    started_at: Any = TextField()
    updated_at: Any = TextField()

    class Meta:
        """Its key."""

        primary_key = CompositeKey("actor", "pack", "lesson", "item")


class AnswerRow(_Row):
    """What somebody answered to one question in one attempt (derived)."""

    actor: Any = TextField()
    pack: Any = TextField()
    lesson: Any = TextField()
    item: Any = TextField()
    attempt: Any = IntegerField()
    question: Any = TextField()
    outcome: Any = TextField()
    response: Any = TextField()
    score: Any = IntegerField()
    points: Any = IntegerField()
    at: Any = TextField()

    class Meta:
        """Its key."""

        primary_key = CompositeKey("actor", "pack", "lesson", "item", "attempt", "question")


class PinnedVersionRow(_Row):
    """A pack that stays at a version until a day."""

    pack: Any = TextField(primary_key=True)
    version: Any = IntegerField()
    until: Any = TextField()
    by: Any = TextField()
    created_at: Any = TextField()


class WishRow(_Row):
    """A pack or a lesson that a teacher would like to have. `state`: `new` or `withdrawn`."""

    id: Any = TextField(primary_key=True)
    pack: Any = TextField()
    text: Any = TextField()
    by: Any = TextField()
    created_at: Any = TextField()
    state: Any = TextField()


class MaterialRow(_Row):
    """A material that the school added. Its bytes lie in materials/. `class_id`: empty for all."""

    id: Any = TextField(primary_key=True)
    title: Any = TextField()
    kind: Any = TextField()
    digest: Any = TextField()
    size: Any = IntegerField()
    media_type: Any = TextField()
    seconds: Any = IntegerField()
    class_id: Any = TextField()
    by: Any = TextField()
    created_at: Any = TextField()
    offered: Any = BooleanField()
    withdrawn_at: Any = TextField()


class TroubleRow(_Row):
    """What became of school.db that a technician has to know."""

    id: Any = AutoField()
    at: Any = TextField()
    code: Any = TextField()
    text: Any = TextField()


ALL = (
    ClassRow, LearnerRow, TeacherRow, CodeRow, DeviceRow, KnownDeviceRow, SessionRow, AttemptRow,
    AssignmentRow, StatementRow, ProgressRow, AnswerRow, PinnedVersionRow, WishRow, MaterialRow,
    TroubleRow,
)  # fmt: skip
DERIVED = (ProgressRow, AnswerRow)
PASSING = (SessionRow, AttemptRow)  # nobody misses them after a salvage
