"""Several small fetches at once, so that many packs cost no more round trips than one."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from content_packs.errors import SatchelError
from sync_node.limits import DOCUMENT_REQUESTS_MAX

_Found = TypeVar("_Found")


def side_by_side(asks: Sequence[Callable[[], _Found]]) -> list[_Found | SatchelError]:
    """Return what each of `asks` returns or the `SatchelError` that it raises, in order."""
    if len(asks) == 1:
        return [_outcome(asks[0])]
    with ThreadPoolExecutor(DOCUMENT_REQUESTS_MAX) as executor:
        return list(executor.map(_outcome, asks))


def _outcome(ask: Callable[[], _Found]) -> _Found | SatchelError:
    try:
        return ask()
    except SatchelError as error:
        return error
