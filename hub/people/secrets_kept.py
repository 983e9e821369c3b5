"""Tokens: long random texts that the hub knows by their digest alone.

They have 256 bits, so a plain SHA-256 is enough: nobody tries them through, and a copy of hub.db
opens nothing.
"""

import base64
import hashlib
from collections.abc import Callable

from hub.people.limits import TOKEN_BYTES

_CHARACTERS_MAX = 128


def new_token(randomness: Callable[[int], bytes]) -> str:
    """Return a token that nobody can guess, of characters that an address may hold."""
    return base64.urlsafe_b64encode(randomness(TOKEN_BYTES)).decode().rstrip("=")


def digest_of(token: str) -> str:
    """Return what a token is known by."""
    return hashlib.sha256(token[:_CHARACTERS_MAX].encode("utf-8", "replace")).hexdigest()
