"""When somebody may try a PIN again. Pure: failures and the time in, a wait out.

    of an account on a device   5 wrong ones are free; then 5 s, doubled by each, up to 5 minutes
    of a device                 60 wrong ones in an hour, on whatever accounts, then 5 minutes each
    of an account               30 wrong ones in an hour on all devices: then only those devices may
                                try that have signed in to it before, so that nobody locks a pupil
                                out of their own phone, and no swarm of phones goes on guessing;
                                the same after 60 in a day: a script that runs by night

A device is a cookie, and cookies can be thrown away: the last rule is what holds against that. What
lies in the future, after a clock went back, is left out by the caller.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from content_packs.values import Value
from sync_node.school.limits import (
    FAILURES_DAY_SECONDS,
    FAILURES_OF_ACCOUNT_DAY_MAX,
    FAILURES_OF_ACCOUNT_MAX,
    FAILURES_OF_DEVICE_MAX,
    FAILURES_SECONDS,
    TRIES_FREE,
    WAIT_SECONDS_FIRST,
    WAIT_SECONDS_MAX,
)


class Failures(Value, frozen=True):
    """Times of failures within the last hour, oldest first; `account`: within the last day.

    `here`: of the account on the device; `device` and `account`: of each, wherever.
    """

    here: Sequence[datetime]
    device: Sequence[datetime]
    account: Sequence[datetime]


class Verdict(Value, frozen=True):
    """`seconds` to wait, 0 for none; `refused`: whatever the wait, not from this device now."""

    seconds: int = 0
    refused: bool = False


def verdict(failures: Failures, *, known: bool, now: datetime) -> Verdict:
    """Say whether to look at a try. `known`: the device has signed in to the account before."""
    shut = 0 if known else _shut(failures.account, now)
    if shut:
        return Verdict(shut, refused=True)
    seconds = 0
    if len(failures.here) >= TRIES_FREE:
        seconds = _left(failures.here[-1], wait_after(len(failures.here)), now)
    if len(failures.device) >= FAILURES_OF_DEVICE_MAX:
        seconds = max(seconds, _left(failures.device[-1], WAIT_SECONDS_MAX, now))
    return Verdict(seconds)


def wait_after(failures: int) -> int:
    """Return the seconds to wait after so many failures of an account on a device."""
    if failures < TRIES_FREE:
        return 0
    doubled = WAIT_SECONDS_FIRST * 2 ** min(failures - TRIES_FREE, 16)
    return int(min(doubled, WAIT_SECONDS_MAX))


def _shut(account: Sequence[datetime], now: datetime) -> int:
    """Return for how many seconds an account is shut to devices that it doesn't know."""
    bounds = (
        (FAILURES_OF_ACCOUNT_MAX, FAILURES_SECONDS),
        (FAILURES_OF_ACCOUNT_DAY_MAX, FAILURES_DAY_SECONDS),
    )
    return max(
        _left(account[-most], seconds, now) if len(account) >= most else 0
        for most, seconds in bounds
    )


def _left(since: datetime, seconds: int, now: datetime) -> int:
    """Return the seconds that are left of a wait; of one in the future, all of it."""
    passed = max(timedelta(0), now - since)
    return max(0, seconds - int(passed.total_seconds()))
