"""Filters that people save under a name, each for themselves."""

from dataclasses import dataclass

from content_packs.errors import Missing, Refused, UsageError
from content_packs.limits import SHORT_TEXT_CHARACTERS_MAX
from hub.clock import in_words
from hub.fleet.limits import SAVED_QUERIES_MAX
from hub.fleet.query import parse, shown
from hub.fleet.state_tables import SavedQueryRow
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right


@dataclass(frozen=True)
class SavedQuery:
    """A filter with its name."""

    name: str
    query: str
    saved_at: str


def list_saved(hub: Hub, actor: Actor) -> tuple[SavedQuery, ...]:
    """Return somebody's saved filters by name. Raises `Refused`, `StorageFailed`."""
    actor.expect(Right.SEE_FLEET)
    with hub.database.transaction():
        rows = SavedQueryRow.select().where(SavedQueryRow.owner == actor.login)
        return tuple(
            SavedQuery(row.name, row.query, row.saved_at)
            for row in rows.order_by(SavedQueryRow.name)
        )


def by_name(hub: Hub, actor: Actor) -> dict[str, str]:
    """Return what somebody's saved filters say. Raises as `list_saved`."""
    return {each.name: each.query for each in list_saved(hub, actor)}


def find(hub: Hub, actor: Actor, name: str) -> SavedQuery:
    """Return a filter that somebody saved. Raises `Missing`, `Refused`, `StorageFailed`."""
    for saved in list_saved(hub, actor):
        if saved.name == name:
            return saved
    raise _no_such(name)


def save(hub: Hub, actor: Actor, name: str, query: str) -> SavedQuery:
    """Save a filter under a name, in place of an earlier one of it.

    Raises `UsageError`, `Refused`, `StorageFailed`.
    """
    actor.expect(Right.SEE_FLEET)
    name = name.strip()
    if not 1 <= len(name) <= SHORT_TEXT_CHARACTERS_MAX or not name.isprintable():
        raise UsageError(f"name: 1 to {SHORT_TEXT_CHARACTERS_MAX} characters, in one line")
    text = shown(parse(query))
    if not text:
        raise UsageError("filter: it says nothing")
    row = {"query": text, "saved_at": in_words(hub.clock())}
    with hub.database.writing():
        others = (SavedQueryRow.owner == actor.login) & (SavedQueryRow.name != name)
        if SavedQueryRow.select().where(others).count() >= SAVED_QUERIES_MAX:
            raise Refused(f"{SAVED_QUERIES_MAX} filters are saved, the most there can be")
        SavedQueryRow.insert(owner=actor.login, name=name, **row).on_conflict(
            conflict_target=(SavedQueryRow.owner, SavedQueryRow.name), update=row
        ).execute()
    return SavedQuery(name, **row)


def remove(hub: Hub, actor: Actor, name: str) -> None:
    """Remove a filter that somebody saved. Raises `Missing`, `Refused`, `StorageFailed`."""
    actor.expect(Right.SEE_FLEET)
    with hub.database.writing():
        theirs = (SavedQueryRow.owner == actor.login) & (SavedQueryRow.name == name)
        if not SavedQueryRow.delete().where(theirs).execute():
            raise _no_such(name)


def _no_such(name: str) -> Missing:
    return Missing(f"no filter is saved as {name[:80]!r}", hint="See: hub filters list")
