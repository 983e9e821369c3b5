"""Asking for one row, or for how many there are."""

from typing import Any

from content_packs.errors import Missing


def one_of(model: Any, id_: str, *, what: str) -> Any:
    """Return the row with this id. Raises `Missing`."""
    row = model.get_or_none(model.id == id_)
    if row is None:
        raise Missing(f"there is no such {what} here", hint="It may have been removed meanwhile.")
    return row


def count_of(model: Any, condition: Any) -> int:
    """Return how many rows fulfil a condition."""
    return int(model.select().where(condition).count())
