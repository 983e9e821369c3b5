"""Passwords: argon2id with OWASP's least parameters; what is too easily guessed is refused.

A password counts in NFKC, so that two keyboards that write one sign differently agree.
"""

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from content_packs.errors import UsageError
from hub.people.limits import (
    ARGON2_LANES,
    ARGON2_MEMORY_KIB,
    ARGON2_TIMES,
    PASSWORD_BYTES_MAX,
    PASSWORD_CHARACTERS_MIN,
)

_HASHER = PasswordHasher(
    time_cost=ARGON2_TIMES, memory_cost=ARGON2_MEMORY_KIB, parallelism=ARGON2_LANES
)
# Of no password that anybody could type: a login that isn't there takes as long as one that is.
_OF_NOBODY = _HASHER.hash("\x00of nobody")

_DISTINCT_MIN = 5
_RUNS = ("abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "01234567890123456789")
_WORDS = ("password", "passw0rd", "woaini", "iloveyou", "letmein", "welcome", "administrator")


def hashed(password: str) -> str:
    """Return what is kept of a password."""
    return _HASHER.hash(_normal(password))


def verify(kept: str, password: str) -> bool:
    """Say whether a password is the one that `kept` is of; empty is nobody's, in the same time."""
    normal = _normal(password)
    if len(normal) > PASSWORD_BYTES_MAX:
        normal, kept = b"", ""
    try:
        return _HASHER.verify(kept or _OF_NOBODY, normal) and bool(kept)
    except (Argon2Error, InvalidHashError):
        return False


def is_dated(kept: str) -> bool:
    """Say whether a password is to be hashed anew, since the parameters are others by now."""
    return _HASHER.check_needs_rehash(kept)


def check(password: str, login: str) -> None:
    """Raise `UsageError`, with the reason, for a password that is too easily guessed."""
    normal = _normal(password).decode()
    if len(normal) < PASSWORD_CHARACTERS_MIN:
        raise UsageError(
            f"the password has {len(normal)} characters, expected {PASSWORD_CHARACTERS_MIN} "
            "or more",
            hint="Four words that have nothing to do with each other are good, and easy to keep.",
        )
    if len(normal.encode()) > PASSWORD_BYTES_MAX:
        raise UsageError(f"the password is longer than {PASSWORD_BYTES_MAX} bytes")
    if _is_guessed(normal.lower(), login):
        raise UsageError(
            "the password is one of the first that anybody would try",
            hint="Four words that have nothing to do with each other are good, and easy to keep.",
        )


def _is_guessed(password: str, login: str) -> bool:
    """Say whether it is a run of keys, a common word or the login, with little beside it."""
    if len(set(password)) < _DISTINCT_MIN:
        return True
    rest = password
    for word in (login, *_WORDS):
        rest = rest.replace(word, "")
    return len(_without_runs(rest)) < _DISTINCT_MIN


def _without_runs(text: str) -> str:
    """Return a text without those signs that only go on where the one before stood."""
    steps = {run[i : i + 2] for run in _RUNS for i in range(len(run) - 1)}
    steps |= {step[::-1] for step in steps} | {sign * 2 for sign in text}
    return "".join(
        sign for before, sign in zip(f" {text}", text, strict=False) if before + sign not in steps
    )


def _normal(password: str) -> bytes:
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace")
