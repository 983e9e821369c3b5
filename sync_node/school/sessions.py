"""Who is signed in. A session is a random token in a cookie; only its hash is kept.

A pupil's ends after 12 hours, or 4 without use, since phones are shared; a teacher's after 12, a
technician's after 2. That it is in use is noted at most every 15 minutes.
"""

import base64
import hashlib
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from peewee import SQL

from content_packs.records import Actor
from content_packs.values import Value
from sync_node.school.ground import Ground, time_of
from sync_node.school.hashing import hash_token
from sync_node.school.limits import (
    LEARNER_IDLE_SECONDS,
    LEARNER_SECONDS,
    SECRET_CHARACTERS_MAX,
    SEEN_SECONDS,
    SESSIONS_KEPT_MAX,
    SESSIONS_OF_ONE_MAX,
    TEACHER_SECONDS,
    TECHNICIAN_SECONDS,
    TOKEN_BYTES,
)
from sync_node.school.models import SessionRow, database_proxy

SessionKind: TypeAlias = Literal["learner", "teacher", "technician"]

# On every page's way: one query, in plain SQL.
_FIND = """
SELECT s.kind, s.subject, s.created_at, s.seen_at, l.name, c.id, l.picture, t.name
FROM session_row s
LEFT JOIN learner_row l ON s.kind = 'learner' AND l.id = s.subject AND NOT l.archived
LEFT JOIN class_row c ON c.id = l.class_id AND NOT c.archived
LEFT JOIN teacher_row t ON s.kind = 'teacher' AND t.id = s.subject AND NOT t.archived
WHERE s.token_hash = ?
"""
_SECONDS: dict[str, tuple[int, int]] = {
    "learner": (LEARNER_SECONDS, LEARNER_IDLE_SECONDS),
    "teacher": (TEACHER_SECONDS, TEACHER_SECONDS),
    "technician": (TECHNICIAN_SECONDS, TECHNICIAN_SECONDS),
}


class Session(Value, frozen=True):
    """Somebody who is signed in. `subject`: their id; `class_id`: of a pupil, else empty."""

    kind: SessionKind
    subject: str
    name: str
    class_id: str = ""
    picture: str = ""

    @property
    def actor(self) -> Actor | None:
        """Who they are in records: a pupil. What teachers open isn't recorded."""
        return Actor("learner", self.subject) if self.kind == "learner" else None


class SignedIn(Value, frozen=True):
    """A session that began just now, and the token for its cookie."""

    token: str
    session: Session
    seconds: int


class Sessions:
    """Begins, finds and ends sessions."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def find(self, token: str) -> Session | None:
        """Return the session of a cookie's token, None where it has ended or never was."""
        if not token or len(token) > SECRET_CHARACTERS_MAX:
            return None
        token_hash = hash_token(token)
        now = self._ground.now()
        with self._ground.database.reading():
            row = database_proxy.execute_sql(_FIND, (token_hash,)).fetchone()
        if row is None or _has_ended(row[0], row[2], row[3], now):
            return None
        found = _session(*row)
        if found and now - time_of(row[3]) >= timedelta(seconds=SEEN_SECONDS):
            seen = SessionRow.update(seen_at=self._ground.now_text())
            self._ground.writer.post(seen.where(SessionRow.token_hash == token_hash).execute)
        return found

    def end(self, token: str) -> None:
        """Sign out."""
        ending = SessionRow.delete().where(SessionRow.token_hash == hash_token(token))
        self._ground.write(ending.execute)

    def insert(self, session: Session, device: str) -> SignedIn:
        """Begin a session, within a write."""
        token = new_token(self._ground.randomness)
        at = self._ground.now_text()
        SessionRow.create(
            token_hash=hash_token(token), kind=session.kind, subject=session.subject,
            device=device, created_at=at, seen_at=at,
        )  # fmt: skip
        _end_oldest(session)
        return SignedIn(token, session, _SECONDS[session.kind][0])

    def tidy(self) -> int:
        """Remove sessions that have ended; return how many. Within a write."""
        now = self._ground.now()
        rows = SessionRow.select().order_by(SessionRow.created_at.desc())
        ended = [
            row.token_hash
            for number, row in enumerate(rows)
            if number >= SESSIONS_KEPT_MAX or _has_ended(row.kind, row.created_at, row.seen_at, now)
        ]
        for token_hash in ended:
            SessionRow.delete().where(SessionRow.token_hash == token_hash).execute()
        return len(ended)


def _end_oldest(session: Session) -> None:
    """End the oldest sessions of somebody with too many: one pupil's must not end all others'."""
    same = (SessionRow.kind == session.kind) & (SessionRow.subject == session.subject)
    newest = SessionRow.select(SessionRow.token_hash).where(same)
    newest = newest.order_by(SQL("rowid").desc()).offset(SESSIONS_OF_ONE_MAX)
    for row in newest.limit(-1):
        SessionRow.delete().where(SessionRow.token_hash == row.token_hash).execute()


def new_token(randomness: Callable[[int], bytes]) -> str:
    """Return a random token for a cookie: a session's, or a device's."""
    return base64.urlsafe_b64encode(randomness(TOKEN_BYTES)).decode().rstrip("=")


def device_of(token: str) -> str:
    """Return the id of the device whose cookie holds this token.

    The id stands in records; whoever reads it there can't make the cookie of it.
    """
    digest = hashlib.sha256(b"satchel device\n" + token[:SECRET_CHARACTERS_MAX].encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def _has_ended(kind: str, created_at: str, seen_at: str, now: datetime) -> bool:
    seconds, idle = _SECONDS.get(kind, (0, 0))
    created, seen = time_of(created_at), time_of(seen_at)
    # A clock that went back far is no reason to keep somebody signed in for years.
    return abs((now - created).total_seconds()) > seconds or (now - seen).total_seconds() > idle


def _session(  # noqa: PLR0913, PLR0917  # the columns of `_FIND`
    kind: SessionKind,
    subject: str,
    _created_at: str,
    _seen_at: str,
    pupil: str | None,
    class_id: str | None,
    picture: str | None,
    teacher: str | None,
) -> Session | None:
    """Return a session, None where its subject may come in no more."""
    if kind == "technician":
        return Session(kind, subject, "")
    if kind == "teacher":
        return Session(kind, subject, teacher) if teacher is not None else None
    if pupil is None or class_id is None:
        return None
    return Session("learner", subject, pupil, class_id, picture or "")
