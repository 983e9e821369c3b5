"""How many boxes and schools need a person, and where to see just these."""

from hub.fleet.listing import Counts
from hub.needs import Need

_LIST = "/console/schools?q="


def needs(found: Counts) -> list[Need]:
    """Return what needs somebody, by the counts of what they may see."""
    return [*_of_trouble(found), *_of_waiting(found)]


def _of_trouble(found: Counts) -> list[Need]:
    """Return what is wrong, or will be lost."""
    return [
        Need(
            "boxes-alarm",
            found.alarms,
            "box may be a copy of another, or is misused",
            "boxes may be copies of others, or are misused",
            f"{_LIST}alarm",
            "bad",
        ),
        Need(
            "boxes-failed",
            found.failed,
            "box says that something is wrong with it",
            "boxes say that something is wrong with them",
            f"{_LIST}failed",
            "bad",
        ),
        Need(
            "records-in-danger",
            found.records_in_danger,
            "school has old records that would be lost with its card",
            "schools have old records that would be lost with their cards",
            f"{_LIST}age%3E14d&sort=age",
            "bad",
        ),
    ]


def _of_waiting(found: Counts) -> list[Need]:
    """Return who is silent, who needs a stick, and who waits for a word."""
    return [
        Need(
            "boxes-overdue",
            found.overdue,
            "box has been silent for longer than is usual with it",
            "boxes have been silent for longer than is usual with them",
            f"{_LIST}overdue&sort=heard",
            "warn",
        ),
        Need(
            "boxes-need-stick",
            found.needs_stick,
            "school needs a stick: its link is too slow, or nobody hears of it",
            "schools need a stick: their links are too slow, or nobody hears of them",
            f"{_LIST}stick",
            "warn",
        ),
        Need(
            "boxes-stalled",
            found.stalled,
            "box is in contact, and for days nothing more has come to it",
            "boxes are in contact, and for days nothing more has come to them",
            f"{_LIST}stalled%20-failed",
            "warn",
        ),
        Need(
            "claims",
            found.claims,
            "box waits for somebody to confirm that it is the right one",
            "boxes wait for somebody to confirm that they are the right ones",
            f"{_LIST}claim",
            "new",
        ),
    ]
