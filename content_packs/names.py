"""Names, languages, renditions and codes: small words with a strict spelling."""

import re

from content_packs.errors import InvalidContent
from content_packs.limits import LANGUAGE_CHARACTERS_MAX, NAME_CHARACTERS_MAX, VERSION_MAX

NO_LANGUAGE = "und"  # BCP 47: undetermined
RENDITIONS = ("audio", "240p", "360p", "480p", "720p", "1080p")  # from the lightest

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


def is_name(value: str) -> bool:
    """Say whether `value` can name a pack, lesson, item, publisher or channel."""
    return len(value) <= NAME_CHARACTERS_MAX and _NAME.fullmatch(value) is not None


def check_name(value: str, *, what: str) -> str:
    """Return `value` if it is a name; raise `InvalidContent` otherwise."""
    if not is_name(value):
        raise InvalidContent(
            f"{what}: {value[:80]!r} is not a name",
            hint=f"A name is 1 to {NAME_CHARACTERS_MAX} of a-z, 0-9 and '-', "
            "and starts and ends with a letter or digit.",
        )
    return value


def is_language(value: str) -> bool:
    """Say whether `value` is written as a BCP 47 language tag (RFC 5646)."""
    return len(value) <= LANGUAGE_CHARACTERS_MAX and _LANGUAGE.fullmatch(value) is not None


def check_version(value: int, *, what: str) -> int:
    """Return `value` if it can be a version; raise `InvalidContent` otherwise."""
    if not 1 <= value <= VERSION_MAX:
        raise InvalidContent(
            f"{what}: {value} is not a version",
            hint=f"A version is a whole number from 1 to {VERSION_MAX}.",
        )
    return value
