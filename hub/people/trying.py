"""How often somebody may try to sign in: kept in the database, for all processes that serve.

A try is counted before it is looked at, so that a hundred at once are no more than the bound; one
that succeeds takes its count back. The generic cell rate algorithm: so many at once, then one in so
many seconds.

    of a login      from devices that it never signed in from; whether or not there is such a login
    of a device     of a login that signed in from it before: nobody else's failures shut it out
    of a network    whatever the logins; an IPv6 network of 64 bits is one
    of all          whoever has thousands of networks
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from hub.errors import TooOften
from hub.fleet.rates import name_of
from hub.hub import Hub
from hub.people.limits import (
    TRIES_OF_ALL,
    TRIES_OF_DEVICE,
    TRIES_OF_LOGIN,
    TRIES_OF_NETWORK,
    TRY_OF_ALL_SECONDS,
    TRY_OF_DEVICE_SECONDS,
    TRY_OF_LOGIN_SECONDS,
    TRY_OF_NETWORK_SECONDS,
)
from hub.people.tables import TryRow

_MS = 1000


@dataclass(frozen=True)
class Allowance:
    """`at_once` tries of a name, then one in `seconds`."""

    name: str
    at_once: int
    seconds: int


def of_stranger(login: str, address: str) -> tuple[Allowance, ...]:
    """Return what counts for a login from a device that it never signed in from."""
    return (
        Allowance(f"login:{_short(login)}", TRIES_OF_LOGIN, TRY_OF_LOGIN_SECONDS),
        Allowance(f"network:{name_of(address)}", TRIES_OF_NETWORK, TRY_OF_NETWORK_SECONDS),
        Allowance("all", TRIES_OF_ALL, TRY_OF_ALL_SECONDS),
    )


def of_device(device: str) -> tuple[Allowance, ...]:
    """Return what counts for a login from a device that it signed in from, by its digest."""
    return (Allowance(f"device:{device}", TRIES_OF_DEVICE, TRY_OF_DEVICE_SECONDS),)


def of_session(person: str) -> tuple[Allowance, ...]:
    """Return what counts for somebody who is signed in and has to give the password again."""
    return (Allowance(f"again:{person}", TRIES_OF_LOGIN, TRY_OF_LOGIN_SECONDS),)


def too_often(seconds: int) -> NoReturn:
    """Raise `TooOften`."""
    raise TooOften("too many wrong tries of late", seconds=seconds, hint=f"Wait {seconds} seconds.")


def take(hub: Hub, allowances: Sequence[Allowance]) -> int:
    """Count a try, inside the caller's `writing` transaction; or return the seconds to wait."""
    now = _now(hub)
    TryRow.delete().where(TryRow.used_until <= now).execute()
    names = [each.name for each in allowances]
    used = {row.name: row.used_until for row in TryRow.select().where(TryRow.name << names)}
    wait = 0
    for each in allowances:
        ahead = _ahead(used.get(each.name, now), each, now)
        wait = max(wait, ahead - (each.at_once - 1) * each.seconds * _MS)
    if wait > 0:
        return math.ceil(wait / _MS)
    for each in allowances:
        until = now + _ahead(used.get(each.name, now), each, now) + each.seconds * _MS
        TryRow.insert(name=each.name, used_until=until).on_conflict(
            conflict_target=[TryRow.name], update={TryRow.used_until: until}
        ).execute()
    return 0


def give_back(hub: Hub, allowances: Sequence[Allowance]) -> None:
    """Take back what was counted for a try that was good, inside the caller's transaction.

    What a login or a device failed at before is forgotten with it.
    """
    for each in allowances:
        if each.name.startswith(("network:", "all")):
            less = TryRow.used_until - each.seconds * _MS
            TryRow.update(used_until=less).where(TryRow.name == each.name).execute()
        else:
            TryRow.delete().where(TryRow.name == each.name).execute()
    TryRow.delete().where(TryRow.used_until <= _now(hub)).execute()


def _ahead(used_until: int, allowance: Allowance, now: int) -> int:
    """Return how far ahead of the clock a name is: no further than it can be, if the clock fell."""
    return min(max(used_until - now, 0), allowance.at_once * allowance.seconds * _MS)


def _now(hub: Hub) -> int:
    return int(hub.clock().timestamp() * _MS)


def _short(login: str) -> str:
    return hashlib.sha256(login.encode("utf-8", "replace")).hexdigest()[:32]
