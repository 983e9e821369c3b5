"""The rooms of the hub's console: which pages and operations there are. A new room is a line here.

A room is a folder: `pages.py` with `add(console)`, `api.py` with `OPERATIONS`, `cli.py` with
`COMMANDS` (named in hub/commands.py, which loads none of this), and `needs.py` with what waits for
somebody (named in hub/summary.py). One deed is one service function, whichever face asks for it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from hub.alerts import api as of_alerts
from hub.alerts import pages as alerts_pages
from hub.api.operations import Operation
from hub.audit import api as of_audit
from hub.cards import api as of_cards
from hub.cards import pages as cards_pages
from hub.console import api as of_console
from hub.console import home
from hub.console.ground import Console
from hub.fleet import api as of_fleet
from hub.fleet import pages as fleet_pages
from hub.forgetting import api as of_forgetting
from hub.forgetting import pages as forgetting_pages
from hub.jobs import api as of_jobs
from hub.jobs import pages as jobs_pages
from hub.packs import api as of_packs
from hub.packs import pages as packs_pages
from hub.people import api as of_people
from hub.people import pages as people_pages
from hub.records import api as of_records
from hub.rollouts import api as of_rollouts
from hub.rollouts import pages as rollouts_pages
from hub.school_requests import api as of_requests
from hub.school_requests import pages as requests_pages
from hub.uploads import api as of_uploads
from hub.uploads import pages as uploads_pages
from hub.use import api as of_use
from hub.use import pages as use_pages
from hub.visits import api as of_visits
from hub.visits import pages as visits_pages


@dataclass(frozen=True)
class Room:
    """What a room adds to the console and to the API for staff."""

    name: str
    pages: Callable[[Console], None] | None
    operations: tuple[Operation, ...] = ()


ROOMS: tuple[Room, ...] = (
    Room("console", home.add, of_console.OPERATIONS),
    Room("alerts", alerts_pages.add, of_alerts.OPERATIONS),
    Room("fleet", fleet_pages.add, of_fleet.OPERATIONS),
    Room("cards", cards_pages.add, of_cards.OPERATIONS),
    Room("visits", visits_pages.add, of_visits.OPERATIONS),
    Room("requests", requests_pages.add, of_requests.OPERATIONS),
    Room("use", use_pages.add, (*of_use.OPERATIONS, *of_records.OPERATIONS)),
    Room("forgetting", forgetting_pages.add, of_forgetting.OPERATIONS),
    Room("jobs", jobs_pages.add, of_jobs.OPERATIONS),
    Room("packs", packs_pages.add, of_packs.OPERATIONS),
    Room("rollouts", rollouts_pages.add, of_rollouts.OPERATIONS),
    Room("uploads", uploads_pages.add, of_uploads.OPERATIONS),
    Room("people", people_pages.add, (*of_people.OPERATIONS, *of_audit.OPERATIONS)),
)


def all_operations() -> tuple[Operation, ...]:
    """Return the operations of all rooms."""
    return tuple(operation for room in ROOMS for operation in room.operations)
