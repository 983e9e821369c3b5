"""The console's own pages and those of requests, as staff see them."""

from collections.abc import Callable

import pytest

from tests.hub.console.site import LOOKS, assert_usable
from tests.support.browser import Visit

pytestmark = pytest.mark.browser

PLACES = ("/console/", "/console/requests", "/console/requests/offers", "/console/this-hub")


@pytest.mark.parametrize(("size", "language"), LOOKS)
def test_everybody_can_use_the_pages(
    signed_in: Callable[..., Visit], size: tuple[int, int], language: str
) -> None:
    here = signed_in("administrator", language, size)
    for place in PLACES:
        assert_usable(here, place)
    assert_usable(here, "/console/nothing-here", status=404)
