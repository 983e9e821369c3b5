"""Numbers of versions, as addresses write them."""

from content_packs.errors import Missing
from content_packs.limits import VERSION_MAX

_DIGITS_MAX = 10


def number_in(text: str) -> int:
    """Return the version that an address names. Raises `Missing`."""
    is_number = text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX
    if not is_number or not 0 < int(text) <= VERSION_MAX:
        raise Missing(f"{text[:40]!r} is no version")
    return int(text)
