"""When two texts are the same answer."""

import unicodedata


def same(given: str, expected: str, *, case_sensitive: bool) -> bool:
    """Say whether a pupil's text is the expected one, but for variants that mean nothing."""
    return comparable(given, case_sensitive=case_sensitive) == comparable(
        expected, case_sensitive=case_sensitive
    )


def comparable(text: str, *, case_sensitive: bool) -> str:
    """Return what is compared of a text.

    It is in NFKC, without invisible characters, with single blanks, and without case if
    that may be.
    """
    visible = "".join(c for c in text if unicodedata.category(c) != "Cf")
    folded = unicodedata.normalize("NFKC", visible)
    if not case_sensitive:
        folded = unicodedata.normalize("NFKC", folded.casefold())
    return " ".join(folded.split())
