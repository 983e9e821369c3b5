"""The API of a new hub, as the fleet's tests have it; the console, as its tests do."""

from tests.hub.console.conftest import console_site, signed_in
from tests.hub.fleet.conftest import web

__all__ = ["console_site", "signed_in", "web"]
