"""The commands of every room, for `hub`: a new room is a line here. Loads nothing but click."""

import click

from hub.alerts.cli import COMMANDS as OF_ALERTS
from hub.audit.cli import COMMANDS as OF_AUDIT
from hub.backup.cli import COMMANDS as OF_BACKUP
from hub.cards.cli import COMMANDS as OF_CARDS
from hub.console.cli import COMMANDS as OF_CONSOLE
from hub.couriers.cli import courier
from hub.fleet.cli import COMMANDS as OF_FLEET
from hub.jobs.cli import COMMANDS as OF_JOBS
from hub.keyring.cli import keys, publishers
from hub.objects.cli import COMMANDS as OF_OBJECTS
from hub.packs.cli import COMMANDS as OF_PACKS
from hub.people.cli import COMMANDS as OF_PEOPLE
from hub.records.cli import COMMANDS as OF_RECORDS
from hub.rollouts.cli import COMMANDS as OF_ROLLOUTS
from hub.school_requests.cli import COMMANDS as OF_REQUESTS
from hub.simulation.cli import COMMANDS as OF_SIMULATION
from hub.uploads.cli import COMMANDS as OF_UPLOADS
from hub.use.cli import COMMANDS as OF_USE
from hub.visits.cli import COMMANDS as OF_VISITS

COMMANDS: tuple[click.Command, ...] = (
    keys,
    publishers,
    courier,
    *OF_ALERTS,
    *OF_AUDIT,
    *OF_BACKUP,
    *OF_CARDS,
    *OF_CONSOLE,
    *OF_FLEET,
    *OF_JOBS,
    *OF_PACKS,
    *OF_PEOPLE,
    *OF_OBJECTS,
    *OF_RECORDS,
    *OF_REQUESTS,
    *OF_ROLLOUTS,
    *OF_SIMULATION,
    *OF_UPLOADS,
    *OF_USE,
    *OF_VISITS,
)
