"""Pages of rollouts: the list, a new one with its price, one with its stages, its schools."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from flask import Response

from content_packs.errors import SatchelError, UsageError
from hub.api.statuses import UNAVAILABLE, status_of
from hub.console import sending, times
from hub.console.ground import Console
from hub.console.language import _
from hub.edition import read_edition
from hub.fleet import saved
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.rollouts import bars, deciding, forms, listing, planning, sayings, sheet
from hub.rollouts.decide import Reason
from hub.rollouts.listing import StageView, View
from hub.rollouts.model import Group
from hub.rollouts.outcomes import KINDS
from hub.versions import all_versions

_LISTED = 50
_SCHOOLS = 100
_VERSIONS = 5  # of a pack that the form offers
_SECTION = "rollouts"
_TIMES = ("activate_at", "needed_by")


def add(console: Console) -> None:
    """Add the pages."""

    @console.get("/rollouts", right=Right.SEE_PACKS)
    def rollouts(actor: Actor) -> Response:
        after = console.query.get("after", "")
        return console.page(
            "rollouts/list.html",
            title=_("Rollouts"),
            section=_SECTION,
            found=listing.listed(console.hub, actor, after=after, limit=_LISTED),
            may_release=actor.may(Right.RELEASE),
            say=sayings,
            bar=bars.bar,
        )

    @console.get("/rollouts/new", right=Right.RELEASE)
    def new(actor: Actor) -> Response:
        return _form(console, actor, dict(console.query))

    @console.post("/rollouts/new", right=Right.RELEASE)
    def plan(actor: Actor) -> Response:
        form = dict(console.form)
        zone = ZoneInfo(console.hub.config.zone)
        given = form | {name: times.picked(form.get(name, ""), zone) for name in _TIMES}
        try:
            made = planning.plan(console.hub, actor, forms.plan_in(given, _saved(console, actor)))
        except SatchelError as error:
            if status_of(error) == UNAVAILABLE:  # nothing that another form would cure
                raise
            return _form(console, actor, form, error=error)
        said = _("Planned. Nothing goes out before it is approved.")
        return console.see_other(_place(made.rollout), said=said)

    _add_one(console)
    _add_schools(console)
    _add_deeds(console)


def _add_one(console: Console) -> None:
    @console.get("/rollouts/<rollout>", right=Right.SEE_PACKS)
    def one(actor: Actor, rollout: str) -> Response:
        found, stages = listing.show(console.hub, actor, rollout)
        zone = ZoneInfo(console.hub.config.zone)
        deeds = _deeds(actor, found)
        priced_at = datetime.fromisoformat(found.planned_at)
        return console.page(
            "rollouts/rollout.html",
            title=f"{found.pack} {found.version}",
            section=_SECTION,
            back=("/console/rollouts", _("Rollouts")),
            found=found,
            stages=stages,
            terms=_terms(stages),
            events=listing.events(console.hub, actor, rollout),
            why=sayings.reason(Reason(found.code, found.figures)),
            price=sayings.price(found.price, priced_at, zone),
            unknown=sayings.unknown(found.price),
            may=deeds,
            decides=bool(deeds - {"approve"}),
            sees_schools=actor.may(Right.SEE_FLEET),
            needs_another=found.second_person and found.planned_by == actor.login,
            say=sayings,
            bar=bars.bar,
        )


def _add_schools(console: Console) -> None:
    @console.get("/rollouts/<rollout>/schools", right=Right.SEE_FLEET)
    def schools(actor: Actor, rollout: str) -> Response:
        query = console.query
        found, stages = listing.show(console.hub, actor, rollout)
        stage, outcome = query.get("stage", "0"), query.get("outcome", "")
        return console.page(
            "rollouts/schools.html",
            title=_("Schools of %(name)s") % {"name": f"{found.pack} {found.version}"},
            section=_SECTION,
            back=(_place(rollout), f"{found.pack} {found.version}"),
            found=found,
            stages=stages,
            stage=stage,
            outcome=outcome,
            kinds=KINDS,
            schools=listing.schools(
                console.hub,
                actor,
                rollout,
                stage=_whole(stage),
                outcome=outcome,
                after=query.get("after", ""),
                limit=_SCHOOLS,
            ),
            say=sayings,
            bar=bars.bar,
        )

    @console.get("/rollouts/<rollout>/schools.csv", right=Right.SEE_FLEET)
    def sheet_of_schools(actor: Actor, rollout: str) -> Response:
        query = console.query
        found, _stages = listing.show(console.hub, actor, rollout)
        lines = sheet.lines(
            console.hub,
            actor,
            rollout,
            stage=_whole(query.get("stage", "0")),
            outcome=query.get("outcome", ""),
        )
        return sending.table(lines, f"rollout-{found.pack}-{found.version}.csv")


def _add_deeds(console: Console) -> None:
    @console.post("/rollouts/<rollout>/approve", right=Right.APPROVE)
    def approve(actor: Actor, rollout: str) -> Response:
        deciding.approve(console.hub, actor, rollout)
        said = _("Approved: the first stage goes out now. From here on it looks after itself.")
        return console.see_other(_place(rollout), said=said)

    @console.post("/rollouts/<rollout>/pause", right=Right.RELEASE)
    def pause(actor: Actor, rollout: str) -> Response:
        deciding.pause(console.hub, actor, rollout, why=console.form.get("why", ""))
        return console.see_other(_place(rollout), said=_("Paused: no more schools are reached."))

    @console.post("/rollouts/<rollout>/resume", right=Right.RELEASE)
    def resume(actor: Actor, rollout: str) -> Response:
        deciding.resume(console.hub, actor, rollout, why=console.form.get("why", ""))
        return console.see_other(_place(rollout), said=_("It goes on."))

    @console.post("/rollouts/<rollout>/abort", right=Right.RELEASE)
    def abort(actor: Actor, rollout: str) -> Response:
        revert = console.form.get("schools") == "revert"
        why = console.form.get("why", "")
        deciding.abort(console.hub, actor, rollout, revert=revert, why=why)
        said = _("Ended, and taken back from every school.") if revert else _("Ended.")
        return console.see_other(_place(rollout), said=said)


def _form(
    console: Console, actor: Actor, form: dict[str, str], *, error: SatchelError | None = None
) -> Response:
    """Return the form of a new rollout, with what stands in it, and what is wrong with it."""
    zone = ZoneInfo(console.hub.config.zone)
    versions = [
        (f"{pack} {one.version}", one.title)
        for pack, publisher, versions in all_versions(console.hub)
        for one in versions[:_VERSIONS]
        if actor.sees_pack_of(publisher) and not one.withdrawn_at
    ]
    return console.page(
        "rollouts/new.html",
        title=_("New rollout"),
        section=_SECTION,
        back=("/console/rollouts", _("Rollouts")),
        status=status_of(error) if error else 200,
        error=error,
        form=form,
        zone=zone.key,
        times={name: times.for_field(form.get(name, ""), zone) for name in _TIMES},
        rows=forms.rows(form),
        saved=_saved(console, actor),
        saved_kind=forms.SAVED,
        terms=forms.terms(form),
        versions=versions,
        what=form.get("what") or f"{form.get('pack', '')} {form.get('version', '')}",
        channels=list(read_edition(console.hub.data.metadata).channels),
    )


def _saved(console: Console, actor: Actor) -> dict[str, str]:
    """Return the filters that somebody saved, of who may see what they find."""
    return saved.by_name(console.hub, actor) if actor.may(Right.SEE_FLEET) else {}


def _terms(stages: Sequence[StageView]) -> list[StageView]:
    """Return the stages whose terms are shown: the first alone where all have the same."""
    own = [msgspec.structs.replace(one.terms, group=Group(), on_success="next") for one in stages]
    return list(stages) if any(one != own[0] for one in own) else [stages[0]]


def _deeds(actor: Actor, found: View) -> set[str]:
    """Return what somebody may do with a rollout as it is now."""
    deeds = {
        "planned": {"abort"},
        "running": {"pause", "abort"},
        "paused": {"resume", "abort"},
        "aborted": set() if found.reverted else {"resume", "abort"},
    }
    may = deeds.get(found.state, set()) if actor.may(Right.RELEASE) else set()
    if found.state == "aborted" and found.code == "dropped-by-hand":
        may = set()
    if found.state == "planned" and actor.may(Right.APPROVE):
        may = may | {"approve"}
    return may


def _place(rollout: str) -> str:
    return f"/console/rollouts/{rollout}"


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 3:  # digits
        raise UsageError(f"stage: {text[:40]!r} is not a number")
    return int(text)
