"""Hashes of what people sign in with. Only these are kept.

PINs and passphrases: scrypt, written `scrypt:16384:8:1$SALT$HASH` as werkzeug writes it. It takes
16 MiB and, on a small box, a fifth of a second: at most two at a time, so that a class that signs
in leaves the site its cores. Tokens and codes have enough randomness of their own: SHA-256.
"""

import hashlib
import hmac
import threading

from sync_node.school.limits import HASHES_AT_ONCE, SECRET_CHARACTERS_MAX

_N, _R, _P = 16_384, 8, 1
_METHOD = f"scrypt:{_N}:{_R}:{_P}"
_MEMORY_BYTES_MAX = 64 << 20  # that OpenSSL may take for one
SALT_BYTES = 12

_at_once = threading.BoundedSemaphore(HASHES_AT_ONCE)


def hash_secret(secret: str, *, salt: bytes) -> str:
    """Return the hash of a PIN or a passphrase."""
    text = salt.hex()
    return f"{_METHOD}${text}${_scrypt(secret, text)}"


def is_secret(secret: str, hashed: str) -> bool:
    """Say whether `hashed` was made of `secret`. Takes as long for a hash that is none."""
    method, _, rest = hashed.partition("$")
    salt, _, expected = rest.partition("$")
    found = _scrypt(secret[:SECRET_CHARACTERS_MAX], salt)
    return method == _METHOD and bool(expected) and hmac.compare_digest(found, expected)


def hash_token(token: str) -> str:
    """Return the hash of a random token or code."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _scrypt(secret: str, salt: str) -> str:
    with _at_once:
        return hashlib.scrypt(
            secret.encode(errors="replace"),
            salt=salt.encode(),
            n=_N,
            r=_R,
            p=_P,
            maxmem=_MEMORY_BYTES_MAX,
        ).hex()
