"""Ed25519 (RFC 8032), verifying only. Pure Python, so that root needs no library to check a key.

A verification takes some milliseconds. Nothing secret is handled here, so that it needn't take
the same time for every input. Encodings are strict: points and scalars in their one form only.
"""

from hashlib import sha512

PUBLIC_BYTES = 32
SIGNATURE_BYTES = 64

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)

Point = tuple[int, int, int, int]  # extended coordinates: X, Y, Z, T with x = X/Z, xy = T/Z


def verify(public: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether `signature` is that of `message` by the key `public`."""
    if len(public) != PUBLIC_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    key, commitment = _point(public), _point(signature[:PUBLIC_BYTES])
    scalar = int.from_bytes(signature[PUBLIC_BYTES:], "little")
    if key is None or commitment is None or scalar >= _L:
        return False
    hashed = sha512(signature[:PUBLIC_BYTES] + public + message).digest()
    challenge = int.from_bytes(hashed, "little") % _L
    return _equal(_times(scalar, _BASE), _add(commitment, _times(challenge, key)))


def _add(p: Point, q: Point) -> Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % _P
    b = (p[1] + p[0]) * (q[1] + q[0]) % _P
    c = 2 * p[3] * q[3] * _D % _P
    d = 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _times(scalar: int, point: Point) -> Point:
    found: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            found = _add(found, point)
        point = _add(point, point)
        scalar >>= 1
    return found


def _equal(p: Point, q: Point) -> bool:
    return not ((p[0] * q[2] - q[0] * p[2]) % _P or (p[1] * q[2] - q[1] * p[2]) % _P)


def _point(data: bytes) -> Point | None:
    """Return the point that 32 bytes encode, None where they encode none."""
    number = int.from_bytes(data, "little")
    odd, y = number >> 255, number & (2**255 - 1)
    if y >= _P:
        return None
    u, v = (y * y - 1) % _P, (_D * y * y + 1) % _P
    x = u * pow(v, 3, _P) * pow(u * pow(v, 7, _P), (_P - 5) // 8, _P) % _P
    if (v * x * x - u) % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if (v * x * x - u) % _P or (not x and odd):
        return None
    if x & 1 != odd:
        x = _P - x
    return (x, y, 1, x * y % _P)


def _base() -> Point:
    y = 4 * pow(5, -1, _P) % _P
    found = _point(y.to_bytes(PUBLIC_BYTES, "little"))
    assert found is not None  # noqa: S101  # a constant of the RFC
    return found


_BASE = _base()
