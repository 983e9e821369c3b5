"""Signing in, and what keeps guessers from it (`throttling`).

A failure is a row; what isn't looked at writes nothing, so that a guesser wears out no card. The
secret is hashed before the writer is asked: nobody waits for somebody else's scrypt. What comes
together is looked at one by one (`turnstile`), so that tries side by side count as tries.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from peewee import SQL

from content_packs.errors import Missing
from sync_node.school.errors import DeviceRefused, TooManyTries, WrongSecret
from sync_node.school.ground import Ground, text_of, time_of
from sync_node.school.hashing import is_secret
from sync_node.school.limits import (
    DEVICES_OF_ACCOUNT_MAX,
    FAILURES_DAY_SECONDS,
    FAILURES_KEPT_MAX,
    FAILURES_OF_ACCOUNT_MAX,
    FAILURES_SECONDS,
)
from sync_node.school.models import (
    AttemptRow,
    ClassRow,
    KnownDeviceRow,
    LearnerRow,
    TeacherRow,
)
from sync_node.school.pins import normal
from sync_node.school.sessions import Session, Sessions, SignedIn
from sync_node.school.teachers import Teachers, use_code
from sync_node.school.throttling import Failures, verdict, wait_after
from sync_node.school.turnstile import Turnstile

_CODE_ACCOUNT = "code"
_NOBODY = ""  # the hash that an unknown name is compared with: it takes as long


class SigningIn:
    """Signs pupils, teachers and technicians in.

    `device`: the id of `sessions.device_of`. `place`: the address that it is asked from, as in
    `turnstile`. All raise `Busy` where too many are at it.
    """

    def __init__(self, ground: Ground, sessions: Sessions, teachers: Teachers) -> None:
        self._ground = ground
        self._sessions = sessions
        self._teachers = teachers
        self._turnstile = Turnstile(ground.monotonic)

    def learner(self, learner_id: str, pin: str, *, device: str, place: str = "") -> SignedIn:
        """Sign a pupil in; without a PIN where they have none.

        Raises `WrongSecret`, `TooManyTries`, `DeviceRefused`, `Missing`, `Busy`, `StorageFailed`.
        """
        with self._ground.database.reading():
            row = LearnerRow.get_or_none((LearnerRow.id == learner_id) & ~LearnerRow.archived)
            school_class = row and ClassRow.get_or_none(ClassRow.id == row.class_id)
        if row is None or school_class is None or school_class.archived:
            raise Missing("there is no such pupil here", hint="Choose your class again.")
        session = Session("learner", row.id, row.name, row.class_id, row.picture)
        account = f"learner:{row.id}"
        if row.pin_kind:
            self._check(account, device, place, lambda: is_secret(normal(pin), row.pin_hash))
        return self._begin(session, account, device)

    def teacher(self, name: str, passphrase: str, *, device: str, place: str = "") -> SignedIn:
        """Sign a teacher in, by name or id. Raises as `learner`, but never `Missing`."""
        with self._ground.database.reading():
            row = TeacherRow.get_or_none(
                ((TeacherRow.id == name) | (TeacherRow.name == name.strip())) & ~TeacherRow.archived
            )
        account = f"teacher:{row.id if row else ''}"
        hashed = row.passphrase_hash if row else _NOBODY
        self._check(
            account, device, place, lambda: is_secret(passphrase, hashed) and row is not None
        )
        assert row is not None  # noqa: S101  # else the check has raised
        return self._begin(Session("teacher", row.id, row.name), account, device)

    def technician(self, code: str, *, device: str, place: str = "") -> SignedIn:
        """Sign a technician in by a code from the console. Raises as `teacher`."""
        session = Session("technician", self._ground.new_id(), "")

        def work() -> SignedIn:
            use_code("technician", code)
            return self._sessions.insert(session, device)

        with self._noting(device, place):
            return self._ground.write(work)

    def new_teacher(
        self, code: str, name: str, passphrase: str, *, device: str, place: str = ""
    ) -> SignedIn:
        """Make a teacher by a code from the console, and sign them in.

        Raises as `teacher`, and `UsageError` for a passphrase that is too easy.
        """
        with self._noting(device, place):
            self._teachers.check_code("teacher", code)  # nothing is hashed for who guesses
            made = self._teachers.add_with_code(code, name, passphrase)
        return self._begin(Session("teacher", made.id, made.name), f"teacher:{made.id}", device)

    def forgive(self, class_id: str) -> None:
        """Forget the failures of a class's pupils: for a teacher, when they are shut out."""

        def work() -> None:
            members = LearnerRow.select(LearnerRow.id).where(LearnerRow.class_id == class_id)
            for member in members:
                AttemptRow.delete().where(AttemptRow.account == f"learner:{member.id}").execute()

        self._ground.write(work)
        self._turnstile.forgive()

    def guessed_at(self, class_id: str) -> list[str]:
        """Return the ids of the pupils whose accounts are shut to new devices at present."""
        now = self._ground.now()
        with self._ground.database.reading():
            members = LearnerRow.select(LearnerRow.id).where(
                (LearnerRow.class_id == class_id) & ~LearnerRow.archived
            )
            accounts = [f"learner:{member.id}" for member in members]
            failed = AttemptRow.select(AttemptRow.account).where(AttemptRow.account.in_(accounts))
            of_late = {row.account for row in failed.distinct()}
            return [
                member.id
                for member in members
                if f"learner:{member.id}" in of_late
                and verdict(
                    _failures(f"learner:{member.id}", "", now), known=False, now=now
                ).refused
            ]

    def tidy(self) -> None:
        """Remove failures that count no more. Within a write."""
        now = self._ground.now()
        since = text_of(now - timedelta(seconds=FAILURES_DAY_SECONDS))
        AttemptRow.delete().where(~AttemptRow.at.between(since, text_of(now))).execute()
        newest = AttemptRow.select(AttemptRow.id).order_by(AttemptRow.id.desc())
        kept = newest.offset(FAILURES_KEPT_MAX).limit(1).scalar()
        if kept is not None:
            AttemptRow.delete().where(AttemptRow.id <= kept).execute()

    def _check(self, account: str, device: str, place: str, is_right: Callable[[], bool]) -> None:
        """Return where the secret is right. Raises `WrongSecret`, `TooManyTries`, `Busy`."""
        self._check_wait(account, device, place)  # whoever has to wait takes no seat
        with self._turnstile.seat(account, place, known=self._knows(account, device)):
            failures = self._check_wait(account, device, place)
            if is_right():
                return
            self._note(account, device, place)
            raise WrongSecret(
                "that isn't right",
                seconds=wait_after(len(failures.here) + 1),
                hint="Look at it and try again.",
            )

    def _check_wait(self, account: str, device: str, place: str) -> Failures:
        """Return how often it was wrong. Raises `TooManyTries` where it isn't looked at."""
        now = self._ground.now()
        with self._ground.database.reading():
            failures = _failures(account, device, now)
            knows = _is_known(account, device)
        # A code has 60 bits: nobody guesses it, and a guesser must not shut out who has it.
        found = verdict(failures, known=knows or account == _CODE_ACCOUNT, now=now)
        if found.refused:
            raise DeviceRefused(found.seconds)
        seconds = max(found.seconds, 0 if knows else self._turnstile.wait_of(place))
        if seconds:
            raise TooManyTries(seconds)
        return failures

    def _knows(self, account: str, device: str) -> bool:
        with self._ground.database.reading():
            return _is_known(account, device)

    @contextmanager
    def _noting(self, device: str, place: str) -> Iterator[None]:
        """Run the block, which uses a code; where that was wrong, note it."""
        self._check_wait(_CODE_ACCOUNT, device, place)
        with self._turnstile.seat(_CODE_ACCOUNT, place, known=False):
            failures = self._check_wait(_CODE_ACCOUNT, device, place)
            try:
                yield
            except WrongSecret:
                # More of them stop nobody, and would crowd out those that count.
                if failures.here or len(failures.account) < FAILURES_OF_ACCOUNT_MAX:
                    self._note(_CODE_ACCOUNT, device, place)
                raise

    def _note(self, account: str, device: str, place: str) -> None:
        at = self._ground.now_text()
        if not self._knows(account, device):
            self._turnstile.failed(place)
        self._ground.write(lambda: AttemptRow.create(account=account, device=device, at=at))

    def _begin(self, session: Session, account: str, device: str) -> SignedIn:
        def work() -> SignedIn:
            AttemptRow.delete().where(
                (AttemptRow.account == account) & (AttemptRow.device == device)
            ).execute()
            _remember(account, device, self._ground.now_text())
            return self._sessions.insert(session, device)

        return self._ground.write(work)


def _failures(account: str, device: str, now: datetime) -> Failures:
    hour = now - timedelta(seconds=FAILURES_SECONDS)
    day = now - timedelta(seconds=FAILURES_DAY_SECONDS)
    rows = AttemptRow.select().where(
        ((AttemptRow.account == account) | (AttemptRow.device == device))
        & AttemptRow.at.between(text_of(day), text_of(now))  # later: of a clock that went back
    )
    found = [(row.account, row.device, time_of(row.at)) for row in rows.order_by(AttemptRow.id)]
    return Failures(
        here=[at for one, where, at in found if (one, where) == (account, device) and at >= hour],
        device=[at for _, where, at in found if where == device and at >= hour],
        account=[at for one, _, at in found if one == account],
    )


def _is_known(account: str, device: str) -> bool:
    same = (KnownDeviceRow.account == account) & (KnownDeviceRow.device == device)
    return bool(KnownDeviceRow.select().where(same).exists())


def _remember(account: str, device: str, at: str) -> None:
    """Remember that a device knows an account; of each the last few, whatever the clock said."""
    known = KnownDeviceRow.insert(account=account, device=device, at=at)
    known.on_conflict_replace().execute()
    rows = KnownDeviceRow.select().where(KnownDeviceRow.account == account)
    for row in rows.order_by(SQL("rowid").desc()).offset(DEVICES_OF_ACCOUNT_MAX):
        KnownDeviceRow.delete().where(
            (KnownDeviceRow.account == account) & (KnownDeviceRow.device == row.device)
        ).execute()
