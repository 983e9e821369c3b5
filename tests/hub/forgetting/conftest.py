"""The API of a new hub, as the fleet's tests have it."""

from tests.hub.fleet.conftest import hub, new_hub, web

__all__ = ["hub", "new_hub", "web"]
