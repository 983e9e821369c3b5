"""A list that is given in pages, as a whole."""

from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

_Item_co = TypeVar("_Item_co", covariant=True)


class Page(Protocol[_Item_co]):
    """Some of a list. `next`: what to ask for more after, empty at the end."""

    @property
    def items(self) -> tuple[_Item_co, ...]:
        """Return what is on it."""

    @property
    def next(self) -> str:
        """Return what the next page comes after."""


def whole(first: Page[_Item_co], after: Callable[[str], Page[_Item_co]]) -> Iterator[_Item_co]:
    """Yield what is on a page and on all behind it. Raises as `after` does."""
    page = first
    yield from page.items
    while page.next:
        page = after(page.next)
        yield from page.items
