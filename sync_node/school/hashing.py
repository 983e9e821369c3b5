"""Hashes of what people sign in with. Only these are kept.

PINs and passphrases: scrypt, written `scrypt:16384:8:1$SALT$HASH` as werkzeug writes it. It takes
16 MiB and, on a small box, a fifth of a second: at most two at a time, so that a class that signs
in leaves the site its cores. Tokens and codes have enough randomness of their own: SHA-256.

glibc keeps such a buffer for each thread that ever had one, 130 MB with eight of them (measured).
So it is told to map them by themselves, and they are given back.
"""

import contextlib
import ctypes
import hashlib
import hmac
import threading
from functools import cache

from content_packs.limits import MIB
from sync_node.school.limits import HASHES_AT_ONCE, SECRET_CHARACTERS_MAX

COST = 16_384  # scrypt's N, a power of two
_COST_MAX = 1 << 17
_R, _P = 8, 1
_MEMORY_BYTES_MAX = 256 << 20  # that OpenSSL may take for one, whatever a row says
SALT_BYTES = 12
_M_MMAP_THRESHOLD = -3  # of malloc.h; set once, it no longer grows by itself

_at_once = threading.BoundedSemaphore(HASHES_AT_ONCE)


def hash_secret(secret: str, *, salt: bytes, cost: int = COST) -> str:
    """Return the hash of a PIN or a passphrase."""
    text = salt.hex()
    return f"scrypt:{cost}:{_R}:{_P}${text}${_scrypt(secret, text, cost)}"


def is_secret(secret: str, hashed: str) -> bool:
    """Say whether `hashed` was made of `secret`. Takes as long for a hash that is none."""
    method, _, rest = hashed.partition("$")
    salt, _, expected = rest.partition("$")
    cost = _cost_of(method)
    found = _scrypt(secret[:SECRET_CHARACTERS_MAX], salt, cost or COST)
    # HMAC, and so scrypt, takes a key for the same with zeros behind it.
    is_right = cost > 0 and bool(expected) and "\x00" not in secret
    return hmac.compare_digest(found, expected) and is_right


def hash_token(token: str) -> str:
    """Return the hash of a random token or code."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _cost_of(method: str) -> int:
    """Return the cost of a hash, 0 for a method that isn't ours."""
    name, _, numbers = method.partition(":")
    cost, _, rest = numbers.partition(":")
    if name != "scrypt" or rest != f"{_R}:{_P}" or not cost.isdecimal():
        return 0
    number = int(cost)
    return number if 1 < number <= _COST_MAX and number & (number - 1) == 0 else 0


@cache
def _map_large_buffers() -> None:
    """Have what is larger than 1 MiB mapped, and unmapped when it is freed, where glibc is."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, MIB)


def _scrypt(secret: str, salt: str, cost: int) -> str:
    _map_large_buffers()
    with _at_once:
        return hashlib.scrypt(
            secret.encode(errors="replace"),
            salt=salt.encode(),
            n=cost,
            r=_R,
            p=_P,
            maxmem=_MEMORY_BYTES_MAX,
        ).hex()
