"""A job as services hand it out."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from hub.jobs.tables import JobRow
from hub.people.actor import Actor
from hub.people.rights import Right

State: TypeAlias = Literal["queued", "running", "done", "failed", "cancelled"]
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
OPEN: Final = ("queued", "running")
ENDED: Final = ("done", "failed", "cancelled")
STATES: Final = ("open", *OPEN, *ENDED)  # that can be asked for; open: it waits or runs

OF_HUB: Final = Actor("hub", "administrator", "command")  # who asks for what the hub does by itself


@dataclass(frozen=True)
class Job:
    """A job. `done` of `total` (0 where nobody knows); `words` say what it is doing.

    `problem` and `hint` of one that failed; `result` of one that is done. `cancel_by`: who wants it
    to end, empty where nobody does. Times are RFC 3339 in UTC, empty where it didn't come to that.
    """

    id: str
    kind: str
    state: State
    arguments: Mapping[str, Any]
    login: str
    attempts: int
    not_before: str
    cancel_by: str
    done: int
    total: int
    words: str
    result: Mapping[str, Any]
    problem: str
    hint: str
    created_at: str
    started_at: str
    ended_at: str

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ENDED


def job_of(row: JobRow) -> Job:
    """Return what a row says."""
    return Job(
        id=row.id,
        kind=row.kind,
        state=row.state,
        arguments=row.arguments,
        login=row.login,
        attempts=row.attempts,
        not_before=row.not_before,
        cancel_by=row.cancel_by,
        done=row.done,
        total=row.total,
        words=row.words,
        result=row.result,
        problem=row.problem,
        hint=row.hint,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


def new_id(now: datetime, random: bytes) -> str:
    """Return a UUID of version 7 (RFC 9562, section 5.7): later ones sort after earlier ones."""
    milliseconds = int(now.timestamp() * 1000).to_bytes(6, "big")
    made = bytearray(milliseconds + random[:10])
    made[6] = 0x70 | made[6] & 0x0F
    made[8] = 0x80 | made[8] & 0x3F
    return str(uuid.UUID(bytes=bytes(made)))


def is_id(text: str) -> bool:
    """Return whether this may be a job's id: not all texts can be looked for in every database."""
    return _ID.fullmatch(text) is not None


def written(actor: Actor) -> dict[str, Any]:
    """Return an actor as a row keeps it."""
    return {
        "login": actor.login,
        "role": actor.role,
        "via": actor.via,
        "townships": None if actor.townships is None else sorted(actor.townships),
        "publisher": actor.publisher,
        "scopes": None if actor.scopes is None else sorted(actor.scopes),
    }


def read(kept: Mapping[str, Any]) -> Actor:
    """Return the actor that a row keeps."""
    townships, scopes = kept["townships"], kept["scopes"]
    return Actor(
        kept["login"],
        kept["role"],
        kept["via"],
        None if townships is None else frozenset(townships),
        kept["publisher"],
        None if scopes is None else frozenset(Right(one) for one in scopes),
    )
