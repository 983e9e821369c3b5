"""The API of a new hub, as the fleet's tests have it."""

from tests.hub.fleet.conftest import web

__all__ = ["web"]
