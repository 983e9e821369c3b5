"""The second factor: six digits from an app (TOTP, RFC 6238), each good once.

The secret is sealed in the database with a key that is derived from one of the hub's own, which is
encrypted at rest: a copy of the database alone gives no codes.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Callable
from datetime import datetime

import pyotp
import segno
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from content_packs.errors import UsageError
from hub.errors import Damaged
from hub.fleet.codes import KEY
from hub.hub import Hub
from hub.people.limits import (
    TOTP_DIGITS,
    TOTP_SECRET_BYTES,
    TOTP_STEP_SECONDS,
    TOTP_STEPS_AROUND,
)

_LABEL = b"satchel second factor 1"
_NONCE_BYTES = 12
_SECRET = re.compile(r"[A-Z2-7]{32}")
_PIXELS_PER_MODULE = 5


def new_secret(randomness: Callable[[int], bytes]) -> str:
    """Return a secret as apps take it: base32."""
    return base64.b32encode(randomness(TOTP_SECRET_BYTES)).decode()


def address_of(secret: str, login: str, hub_title: str) -> str:
    """Return the address that an app reads from the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=hub_title.replace(":", " "))


def picture_of(address: str) -> str:
    """Return the QR code as an address of a picture: `data:image/svg+xml,...`."""
    return segno.make(address, error="m").svg_data_uri(
        scale=_PIXELS_PER_MODULE, dark="#000", light="#fff"
    )


def check_secret(secret: str) -> str:
    """Return a secret that came back with a form. Raises `UsageError`."""
    if not _SECRET.fullmatch(secret):
        raise UsageError("that isn't a secret that this hub made", hint="Begin again.")
    return secret


def step_of(secret: str, code: str, now: datetime, *, after: int) -> int | None:
    """Return the step whose code this is, later than the step `after`; None where it is none's.

    So a code that was used, or is older than one that was, is none.
    """
    digits = "".join(code.split())
    if len(digits) != TOTP_DIGITS or not digits.isascii() or not digits.isdecimal():
        return None
    totp = pyotp.TOTP(secret, digits=TOTP_DIGITS, interval=TOTP_STEP_SECONDS)
    middle = int(now.timestamp()) // TOTP_STEP_SECONDS
    found = None
    for step in range(middle - TOTP_STEPS_AROUND, middle + TOTP_STEPS_AROUND + 1):
        right = hmac.compare_digest(totp.generate_otp(step).encode(), digits.encode())
        found = step if right and step > after else found
    return found


def seal(hub: Hub, person: str, secret: str, randomness: Callable[[int], bytes]) -> str:
    """Return a secret as it is kept. Raises `KeyAbsent`, `KeyLocked`."""
    nonce = randomness(_NONCE_BYTES)
    sealed = _cipher(hub).encrypt(nonce, secret.encode(), person.encode())
    return base64.b64encode(nonce + sealed).decode()


def opened(hub: Hub, person: str, kept: str) -> str:
    """Return the secret that is kept. Raises `KeyAbsent`, `KeyLocked`, `Damaged`."""
    try:
        data = base64.b64decode(kept, validate=True)
        found = _cipher(hub).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], person.encode())
    except (binascii.Error, InvalidTag, ValueError) as error:
        raise Damaged(
            "a second factor can't be opened: it was sealed with another key, or altered",
            hint="hub people reset LOGIN --second-step",
        ) from error
    return found.decode()


def _cipher(hub: Hub) -> ChaCha20Poly1305:
    if not hub.keys.has(KEY):
        with hub.locked("making a key"):
            hub.keys.create(KEY)
    raw = hub.keys.signing_key(KEY).private_bytes_raw()
    key = HKDF(hashes.SHA256(), length=32, salt=None, info=_LABEL).derive(raw)
    return ChaCha20Poly1305(key)
