"""Pages of visits: who needs one, on which ways; one visit with its stick and its return."""

from collections.abc import Mapping

from flask import Response

from content_packs.errors import SatchelError, UsageError
from hub.console.ground import Console
from hub.console.language import _
from hub.console.titles import pack_title
from hub.hub import Hub
from hub.jobs import service as jobs
from hub.jobs.model import Job
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.rollouts import keeping
from hub.visits import candidates, planning, returning, stick_pages, sticks, ways, web
from hub.visits.candidates import Asked, Found
from hub.visits.limits import NUMBER_DIGITS_MAX, WAYS_SHOWN
from hub.visits.planning import Visit

_PLACE = "/console/visits"


def add(console: Console) -> None:
    """Add the pages."""
    stick_pages.add(console)

    @console.get("/visits", right=Right.SEE_FLEET)
    def visits(actor: Actor) -> Response:
        return _list(console, actor)

    @console.post("/visits/plan", right=Right.CHANGE_FLEET)
    def plan(actor: Actor) -> Response:
        made = planning.plan(
            console.hub,
            actor,
            nodes=console.form.getlist("node"),
            title=console.form.get("title", ""),
            courier=console.form.get("courier", ""),
        )
        said = _("The visit is planned.")
        if console.form.get("write"):
            said = f"{said} {_written(console, actor, made)}"
        return console.see_other(f"{_PLACE}/{made.visit}", said=said)

    @console.get("/visits/<visit>", right=Right.SEE_FLEET)
    def visit_page(actor: Actor, visit: str) -> Response:
        return _one(console, actor, planning.show(console.hub, actor, visit))

    @console.post("/visits/<visit>/stick", right=Right.CHANGE_FLEET)
    def write_stick(actor: Actor, visit: str) -> Response:
        sticks.start(console.hub, actor, visit)
        return console.see_other(f"{_PLACE}/{visit}", said=_("The stick is being written."))

    @console.get("/visits/<visit>/stick.zip", right=Right.CHANGE_FLEET)
    def download(actor: Actor, visit: str) -> Response:
        return web.sent(sticks.packed(console.hub, actor, visit))

    @console.post("/visits/<visit>/stops/<node>/back", right=Right.CHANGE_FLEET)
    def back(actor: Actor, visit: str, node: str) -> Response:
        planning.note_back(console.hub, actor, visit, node, note=console.form.get("note", ""))
        return console.see_other(f"{_PLACE}/{visit}", said=_("Noted."))

    @console.post("/visits/<visit>/cancel", right=Right.CHANGE_FLEET)
    def cancel(actor: Actor, visit: str) -> Response:
        planning.cancel(console.hub, actor, visit)
        return console.see_other(_PLACE, said=_("The visit is called off."))


def _list(console: Console, actor: Actor) -> Response:
    asked = _asked(console.query)
    problem = ""
    try:
        found = candidates.find(console.hub, actor, asked)
    except UsageError as error:
        problem, found = f"{error.message}. {error.hint}", Found((), "", is_cut=False)
    proposed = ways.proposed(one.stop for one in found.items if not one.visit)
    first = _number(console.query.get("from", ""))
    return console.page(
        "visits/list.html",
        title=_("Visits"),
        section="visits",
        by=found.by,
        by_itself=bool(found.by) and asked.by is None,
        query=asked.query,
        rollout=asked.rollout,
        rollout_called="" if problem else _called(console.hub, asked.rollout),
        later=asked.later,
        problem=problem,
        candidates={one.stop.node: one for one in found.items},
        is_cut=found.is_cut,
        ways=proposed[first : first + WAYS_SHOWN],
        further=first + WAYS_SHOWN if len(proposed) > first + WAYS_SHOWN else 0,
        open_visits=planning.listed(console.hub, actor),
        ended=planning.listed(console.hub, actor, ended=True)[:20],
        why_words=_why_words(),
        may_change=actor.may(Right.CHANGE_FLEET),
    )


def _called(hub: Hub, rollout: str) -> str:
    """Return how a rollout is called that may be seen: by its pack's title and its version."""
    if not rollout:
        return ""
    with hub.database.transaction():
        plan = keeping.load(rollout).plan
    return f"{pack_title(hub, plan.pack)} {plan.version}"


def _asked(query: Mapping[str, str]) -> Asked:
    by = query.get("by")
    return Asked(
        by=by.strip() if by is not None else None,
        query=query.get("q", "").strip(),
        rollout=query.get("rollout", ""),
        later=bool(query.get("later")),
    )


def _written(console: Console, actor: Actor, made: Visit) -> str:
    """Have a new visit's stick written; return what is said of it. The visit stays in any case."""
    try:
        sticks.start(console.hub, actor, made.visit)
    except SatchelError as error:
        return _("Its stick can't be written now: %(why)s", why=error.message)
    return _("The stick is being written.")


def _number(text: str) -> int:
    """Return which way of the list the page begins with; the first for what is no number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < NUMBER_DIGITS_MAX else 0


def _one(console: Console, actor: Actor, found: Visit) -> Response:
    return console.page(
        "visits/visit.html",
        title=found.title,
        section="visits",
        back=(_PLACE, _("All visits")),
        visit=found,
        job=_job(console, actor, found),
        why_words=_why_words(),
        may_change=actor.may(Right.CHANGE_FLEET) and found.state in candidates.OPEN,
        **stick_pages.lines(actor, returning.listed(console.hub, actor, visit=found.visit)),
    )


def _job(console: Console, actor: Actor, found: Visit) -> Job | None:
    """Return the job that writes its stick, as far as the reader may know of it."""
    if not found.job:
        return None
    try:
        return jobs.get(console.hub, actor, found.job)
    except SatchelError:
        return None


def _why_words() -> dict[str, str]:
    return {
        "late": _("too late for the day"),
        "unknown": _("nobody can say when it will be done"),
        "slow": _("its link is too slow"),
        "stick": _("needs a stick"),  # as visits of earlier versions say it
        "overdue": _("silent for too long"),
        "unheard": _("never heard of"),
        "failed": _("something is wrong with it"),
        "records": _("pupils' records aren't safe"),
        "rollout": _("needs a stick for a rollout"),
        "rollout-later": _("needs a stick for a rollout once its stage begins"),
        "later": _("gets the rollout later than most"),
    }
