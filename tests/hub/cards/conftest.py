"""The console, as its tests have it."""

from tests.hub.console.conftest import console_site, signed_in

__all__ = ["console_site", "signed_in"]
