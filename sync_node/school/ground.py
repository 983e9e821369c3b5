"""What every service over school.db stands on: the database, its writer, a clock, randomness."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TypeVar

from content_packs.records import random_id
from sync_node.school.database import Database
from sync_node.school.hashing import COST, SALT_BYTES, hash_secret
from sync_node.school.writer import Writer

_T = TypeVar("_T")
_UUID_BYTES = 16


@dataclass(frozen=True)
class Ground:
    """`clock`: the likeliest time in UTC. `monotonic`: seconds. `randomness`: so many bytes.

    `hash_cost`: of the hashes of PINs and passphrases that are made.
    """

    database: Database
    writer: Writer
    clock: Callable[[], datetime]
    monotonic: Callable[[], float]
    randomness: Callable[[int], bytes]
    hash_cost: int = COST

    def now(self) -> datetime:
        """Return the time, UTC, to the second."""
        return self.clock().astimezone(UTC).replace(microsecond=0)

    def now_text(self) -> str:
        """Return the time as rows hold it."""
        return text_of(self.now())

    def new_id(self) -> str:
        """Return a fresh UUID."""
        return random_id(self.randomness(_UUID_BYTES))

    def hashed(self, secret: str) -> str:
        """Return the hash of a PIN or a passphrase."""
        return hash_secret(secret, salt=self.randomness(SALT_BYTES), cost=self.hash_cost)

    def write(self, work: Callable[[], _T]) -> _T:
        """Run `work` in a transaction. Raises `Busy`, `StorageFailed`, what `work` raises."""
        return self.writer.run(work)


def text_of(time: datetime) -> str:
    """Return a time in UTC as rows hold it: RFC 3339, to the second. It sorts as the time does."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def time_of(text: str) -> datetime:
    """Return the time that a row holds; the beginning of 1970 for what is none."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return datetime.fromtimestamp(0, UTC)


def day_of(text: str) -> date | None:
    """Return the day that a row holds, None for none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
