"""The menu: what stands in it, in which order, and for whom.

An entry shows where its page is there and the reader has the right. A new page that belongs in the
menu gets a line here.
"""

from dataclasses import dataclass

from flask import Flask

from hub.console.language import _
from hub.people.actor import Actor
from hub.people.rights import Right, Role


@dataclass(frozen=True)
class Entry:
    """A line of the menu. `section` is what pages call it."""

    section: str
    place: str
    words: str


@dataclass(frozen=True)
class Group:
    """Lines that belong together, under a heading; the first group has none."""

    heading: str
    entries: tuple[Entry, ...]


def entries(app: Flask, actor: Actor) -> tuple[Group, ...]:
    """Return the menu of somebody."""
    there = {rule.rule for rule in app.url_map.iter_rules()}
    groups = []
    for heading, lines in _menu():
        shown = tuple(
            Entry(section, place, words)
            for section, place, words, right in lines
            if place in there and (right is None or actor.may(right))
        )
        if shown:
            groups.append(Group(heading, shown))
    return tuple(groups)


def _menu() -> tuple[tuple[str, tuple[tuple[str, str, str, Right | None], ...]], ...]:
    return (
        ("", (("home", "/console/", _("What needs you"), None),)),
        (
            _("Schools"),
            (
                ("schools", "/console/schools", _("All schools"), Right.SEE_FLEET),
                ("visits", "/console/visits", _("Visits"), Right.SEE_FLEET),
                ("enrolment", "/console/enrolment", _("Enrolment"), Right.CHANGE_FLEET),
                ("cards", "/console/cards", _("Cards"), Right.SEE_FLEET),
                ("desired", "/console/desired", _("Desired state"), Right.SET_DESIRED),
                ("calendar", "/console/calendar", _("School calendar"), Right.SEE_FLEET),
                ("requests", "/console/requests", _("Requests"), Right.SEE_REQUESTS),
                ("use", "/console/use", _("What is used"), Right.SEE_REQUESTS),
            ),
        ),
        (
            _("Packs of lessons"),
            (
                ("packs", "/console/packs", _("Packs"), Right.SEE_PACKS),
                ("uploads", "/console/uploads", _("Upload"), Right.PUBLISH),
                ("rollouts", "/console/rollouts", _("Rollouts"), Right.SEE_PACKS),
                ("channels", "/console/channels", _("Channels"), Right.SEE_PACKS),
            ),
        ),
        (
            _("This hub"),
            (
                ("this-hub", "/console/this-hub", _("State of this hub"), Right.OPERATE),
                ("jobs", "/console/jobs", _("Jobs"), Right.SEE_JOBS),
                ("alerts", "/console/alerts", _("Alerts"), Right.OPERATE),
                ("retention", "/console/retention", _("Retention"), Right.OPERATE),
                ("people", "/console/people", _("People"), Right.MANAGE_PEOPLE),
                ("audit", "/console/audit", _("Audit log"), Right.SEE_AUDIT),
            ),
        ),
    )


def set_up(app: Flask) -> None:
    """Give the templates what a role is called."""
    app.jinja_env.globals["role_name"] = role_name


def role_name(role: Role) -> str:
    """Return what a role is called in the reader's language."""
    names = {
        "administrator": _("administrator"),
        "operator": _("township operator"),
        "publisher": _("publisher"),
        "teacher": _("online teacher"),
        "auditor": _("auditor"),
    }
    return names[role]
