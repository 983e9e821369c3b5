"""Pages of packs: what there is, each pack's story, a version's lessons as pupils see them."""

from zoneinfo import ZoneInfo

from flask import Response, request
from markupsafe import Markup

from content_packs.errors import Missing, SatchelError, UsageError
from content_packs.exercises.model import kind_of
from content_packs.manifest import Item, Lesson, text_in
from content_packs.names import NO_LANGUAGE
from hub import differences, releasing, retaining
from hub.console import times
from hub.console.ground import Console
from hub.console.language import _, interface_language
from hub.console.titles import pack_title
from hub.packs import contents, deeds, listing, previewing, tickets, web
from hub.packs.listing import PackStory
from hub.packs.numbers import number_in
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.retention import Why
from hub.rollouts import sayings
from hub.rollouts.model import OPEN
from hub.rollouts.sayings import on_channel

_PLAIN = {"Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "no-store"}


def add(console: Console) -> None:
    """Add the pages."""
    _add_lists(console)
    _add_versions(console)
    _add_releases(console)
    _add_withdrawals(console)
    _add_preview(console)
    _add_channels(console)
    _add_retention(console)


def _add_lists(console: Console) -> None:
    @console.get("/packs", right=Right.SEE_PACKS)
    def packs(actor: Actor) -> Response:
        return console.page(
            "packs/list.html",
            title=_("Packs"),
            section="packs",
            packs=listing.packs(console.hub, actor),
            how_far=on_channel,
            languages=_languages(),
            text_in=text_in,
            may_publish=actor.may(Right.PUBLISH),
        )

    @console.get("/packs/<pack>", right=Right.SEE_PACKS)
    def pack(actor: Actor, pack: str) -> Response:
        story = listing.story(console.hub, actor, pack)
        return console.page(
            "packs/pack.html",
            title=text_in(story.title, _languages()) or pack,
            section="packs",
            back=("/console/packs", _("All packs")),
            story=story,
            how_far=on_channel,
            state=sayings.state,
            state_badge=sayings.state_badge,
            may_release=actor.may(Right.RELEASE),
        )


def _add_versions(console: Console) -> None:
    @console.get("/packs/<pack>/versions/<version>", right=Right.SEE_PACKS)
    def version(actor: Actor, pack: str, version: str) -> Response:
        story = listing.story(console.hub, actor, pack)
        found = contents.held(console.hub, actor, pack, number_in(version))
        return console.page(
            "packs/version.html",
            title=f"{text_in(found.manifest.title, _languages()) or pack} {version}",
            section="packs",
            back=(f"/console/packs/{pack}", pack_title(console.hub, pack)),
            found=found,
            story=story,
            languages=_languages(found.manifest.languages),
            text_in=text_in,
            kinds=_kinds(),
        )

    @console.get("/packs/<pack>/differences", right=Right.SEE_PACKS)
    def changes(actor: Actor, pack: str) -> Response:
        older, newer = (number_in(console.query.get(name, "")) for name in ("older", "newer"))
        found = differences.between(console.hub, actor, pack, older, newer)
        return console.page(
            "packs/differences.html",
            title=_("What changed from %(older)s to %(newer)s") % {"older": older, "newer": newer},
            section="packs",
            back=(f"/console/packs/{pack}", pack_title(console.hub, pack)),
            pack=pack,
            changes=found,
            languages=_languages(),
            fields=_fields(),
        )


def _add_releases(console: Console) -> None:
    @console.get("/packs/<pack>/versions/<version>/release", right=Right.RELEASE)
    def ask_release(actor: Actor, pack: str, version: str) -> Response:
        story = listing.story(console.hub, actor, pack)
        return console.page(
            "packs/release.html",
            title=_(
                "Release %(pack)s %(version)s", pack=pack_title(console.hub, pack), version=version
            ),
            zone=console.hub.config.zone,
            section="packs",
            back=(f"/console/packs/{pack}", pack_title(console.hub, pack)),
            story=story,
            version=story.version(number_in(version)),
            channels=[view.channel for view in listing.channels(console.hub, actor)],
            under_way={one.channel: one for one in story.staged if one.state in OPEN},
            over=[one for one in story.staged if one.state not in OPEN],
            how_far=on_channel,
        )

    @console.post("/packs/<pack>/versions/<version>/release", right=Right.RELEASE)
    def release(actor: Actor, pack: str, version: str) -> Response:
        form = console.form
        zone = ZoneInfo(console.hub.config.zone)
        at, by = (times.picked(form.get(name, ""), zone) for name in ("activate_at", "needed_by"))
        terms = releasing.terms(100, at, by)
        done = deeds.release(
            console.hub, actor, pack, number_in(version), form.get("channel", ""), terms
        )
        said = (
            _("%(channel)s offered it so already.")
            if done.already
            else _("Released on %(channel)s. Schools take it at their next contact.")
        )
        return console.see_other(f"/console/packs/{pack}", said=said % {"channel": done.channel})


def _add_withdrawals(console: Console) -> None:
    @console.get("/packs/<pack>/versions/<version>/withdraw", right=Right.RELEASE)
    def ask_withdraw(actor: Actor, pack: str, version: str) -> Response:
        story = listing.story(console.hub, actor, pack)
        found = story.version(number_in(version))
        offering, staged = story.channels_of(found.version), story.staged_of(found.version)
        return console.page(
            "packs/withdraw.html",
            title=_(
                "Withdraw %(pack)s %(version)s", pack=pack_title(console.hub, pack), version=version
            ),
            section="packs",
            back=(f"/console/packs/{pack}", pack_title(console.hub, pack)),
            story=story,
            version=found,
            offering=offering,
            staged=staged,
            channels=sorted({*offering, *(one.channel for one in staged)}),
            how_far=on_channel,
            older=_older(story, found.version),
        )

    @console.post("/packs/<pack>/versions/<version>/withdraw", right=Right.RELEASE)
    def withdraw(actor: Actor, pack: str, version: str) -> Response:
        form = console.form
        if form.get("sure") != "yes":
            raise UsageError(_("Nothing was withdrawn: say that you are sure, and send it again."))
        back_to = form.get("fall_back_to", "")
        deeds.withdraw(
            console.hub,
            actor,
            pack,
            number_in(version),
            channel=form.get("channel") or None,
            fall_back_to=number_in(back_to) if back_to else None,
        )
        said = _("Withdrawn. Schools stop showing it at their next contact.")
        return console.see_other(f"/console/packs/{pack}", said=said)


def _older(story: PackStory, version: int) -> list[int]:
    return [
        each.version for each in story.versions if each.version < version and not each.withdrawn_at
    ]


def _add_preview(console: Console) -> None:
    @console.get("/packs/<pack>/versions/<version>/lessons/<lesson>", right=Right.SEE_PACKS)
    def preview(actor: Actor, pack: str, version: str, lesson: str) -> Response:
        number = number_in(version)
        found = contents.held(console.hub, actor, pack, number)
        shown_lesson = found.lesson(lesson)
        languages = _languages(found.manifest.languages)
        if wanted := console.query.get("language", ""):
            languages = (wanted, *languages)
        places = previewing.Places(found, tickets.ticket(console.hub, pack, number))
        item = _item(shown_lesson, console.query.get("item", ""))
        return console.page(
            "packs/lesson.html",
            title=text_in(shown_lesson.title, languages),
            section="packs",
            back=(
                f"/console/packs/{pack}/versions/{version}",
                f"{pack_title(console.hub, pack)} {version}",
            ),
            found=found,
            lesson=shown_lesson,
            places=places,
            shown=previewing.show(console.hub, places, item, languages) if item else None,
            languages=languages,
            text_in=text_in,
            kinds=_kinds(),
            kind_of=kind_of,
            trusted=_trusted,
            NO_LANGUAGE=NO_LANGUAGE,
        )

    @console.open_get("/preview/<ticket>/<path:path>")
    def preview_file(ticket: str, path: str) -> Response:
        try:
            return web.answer(console.hub, request, ticket, path)
        except SatchelError as error:  # what asks is a player, an app or a frame: no page of ours
            is_missing = isinstance(error, Missing)
            words = error.message if is_missing else "the hub can't answer now"
            status = 404 if is_missing else 503
            return Response(f"{words}\n", status, _PLAIN, mimetype="text/plain")


def _item(lesson: Lesson, name: str) -> Item | None:
    """Return the item that is asked for, else the lesson's first. Raises `Missing`."""
    if not name:
        return next(iter(lesson.items), None)
    found = next((item for item in lesson.items if item.id == name), None)
    if found is None:
        raise Missing(f"{lesson.id} has no item {name[:80]!r}")
    return found


def _trusted(cleaned: str) -> Markup:
    return Markup(cleaned)  # noqa: S704  # only what clean_fragment made comes here


def _add_channels(console: Console) -> None:
    @console.get("/channels", right=Right.SEE_PACKS)
    def channels(actor: Actor) -> Response:
        return console.page(
            "packs/channels.html",
            title=_("Channels"),
            section="channels",
            channels=listing.channels(console.hub, actor),
            how_far=on_channel,
            may_release=actor.may(Right.RELEASE),
        )

    @console.post("/channels", right=Right.RELEASE)
    def add_channel(actor: Actor) -> Response:
        name = console.form.get("name", "").strip()
        added = deeds.add_channel(console.hub, actor, name)
        said = _("%(name)s is a channel now.") if added else _("%(name)s is a channel already.")
        return console.see_other("/console/channels", said=said % {"name": name})


def _add_retention(console: Console) -> None:
    @console.get("/retention", right=Right.OPERATE)
    def retention(actor: Actor) -> Response:
        return console.page(
            "packs/retention.html",
            title=_("Retention"),
            section="retention",
            plan=retaining.plan(console.hub, actor),
            policy=retaining.POLICY,
            reasons=_reasons(),
        )

    @console.post("/retention", right=Right.OPERATE)
    def retain(actor: Actor) -> Response:
        job = retaining.start(console.hub, actor)
        said = _("It is done in the background; the log says what went.")
        return console.see_other(f"/console/jobs/{job.id}", said=said)


def _reasons() -> dict[Why, str]:
    return {
        "newest": _("one of the newest"),
        "young": _("published of late"),
        "offered": _("on offer"),
        "lately": _("was on offer of late"),
        "held": _("a school has it"),
        "mixed": _("a school has older lessons"),
        "rollout": _("a rollout leads to it"),
        "fall-back": _("what a withdrawal goes back to"),
        "delta": _("a delta needs it"),
    }


def _languages(more: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the languages that the reader would like texts in, the best first."""
    return (interface_language(), *more)


def _kinds() -> dict[str, str]:
    return {
        "video": _("video"),
        "audio": _("audio"),
        "page": _("page"),
        "document": _("document"),
        "exercise": _("exercise"),
        "app": _("app"),
    }


def _fields() -> dict[str, str]:
    return {
        "title": _("the title"),
        "summary": _("the summary"),
        "publisher": _("the publisher"),
        "licence": _("the licence"),
        "stage": _("the stage"),
        "grade": _("the grade"),
        "subject": _("the subject"),
        "edition": _("the edition"),
        "volume": _("the volume"),
        "languages": _("the languages"),
        "authors": _("the authors"),
        "cover": _("the cover"),
        "source": _("the source"),
    }
