"""Names and titles that people type: one line, no invisible or reordering characters, bounded."""

import unicodedata

from content_packs.errors import UsageError

_UNWANTED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_JOINERS = "\u200c\u200d"  # some scripts are written with them


def one_line(text: str, *, characters_max: int) -> str:
    """Return a text as one line without what can't be seen, cut to its bound; maybe empty."""
    shown = (
        c if c in _JOINERS or unicodedata.category(c) not in _UNWANTED else _instead_of(c)
        for c in unicodedata.normalize("NFC", text)
    )
    return " ".join("".join(shown).split())[:characters_max].strip()


def _instead_of(unwanted: str) -> str:
    """Return what stands for a character that isn't shown: a blank for one that parts words."""
    return " " if unwanted.isspace() or unicodedata.category(unwanted) == "Cc" else ""


def needed_line(text: str, *, characters_max: int, what: str) -> str:
    """Return a text as one line. Raises `UsageError` where nothing is left of it, or too much."""
    line = one_line(text, characters_max=characters_max + 1)
    if not line:
        raise UsageError(f"{what} is empty", hint="Write it, and send the form again.")
    if len(line) > characters_max:
        raise UsageError(
            f"{what} has more than {characters_max} characters", hint="Write a shorter one."
        )
    return line
