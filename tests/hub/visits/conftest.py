"""The console, as its tests have it."""

from tests.hub.console.conftest import console_site

__all__ = ["console_site"]
