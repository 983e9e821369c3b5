"""Packs as a teacher uses them: what is for teachers, a version kept for a term, what is asked for.

A pack is for teachers when its `stage` is `teachers` (content_packs/codes/stages.toml): lesson
plans and courses of training stand on shelves of their own, apart from pupils' content.
"""

from flask import Blueprint, Response, render_template, request, url_for

from content_packs.code_lists import FOR_TEACHERS
from content_packs.errors import Missing, UsageError
from content_packs.names import is_name
from sync_node.asked import NOTHING
from sync_node.lan import browse, presentation
from sync_node.lan.catalogue_access import catalogue
from sync_node.lan.interface_language import wishes
from sync_node.lan.teacher.answers import WRONG, done, guard, wrong
from sync_node.lan.teacher.limits import LINES_ON_PAGE
from sync_node.lan.teacher.today import day_in, today
from sync_node.lan.teacher.windows import leaf, start_asked
from sync_node.lan.visitor import school, teacher_only, visitor
from sync_node.school.pinned_versions import PinnedVersion
from sync_node.shelves import Shelf

blueprint = Blueprint("teacher_packs", __name__, url_prefix="/teacher")
guard(blueprint)


@blueprint.get("/plans")
@teacher_only
def plans() -> str:
    """Show the packs that are for teachers, by subject; `?from=` later ones."""
    shelves = browse.shelves()
    start = max(request.args.get("from", 0, type=int), 0)
    if shelves.is_small():
        cards = tuple(card for card in shelves.all(wishes()) if card.facets.stage == FOR_TEACHERS)
        total = len(cards)
    else:
        found = shelves.browse(Shelf(stage=FOR_TEACHERS), wishes(), offset=start)
        cards, total = found.cards, found.total
    return render_template(
        "teacher/plans.html",
        shelves=presentation.shelves(cards),
        start=start,
        further=start + len(cards) if start + len(cards) < total else 0,
    )


@blueprint.get("/packs")
@teacher_only
def pinned() -> str:
    """Show the packs that are kept at a version."""
    part = leaf(school().pinned_versions.pinned(), start_asked(), LINES_ON_PAGE)
    found = [(one, _title(one.pack), _not_held(one)) for one in part.shown]
    return render_template("teacher/packs.html", pinned=found, part=part)


@blueprint.get("/packs/<pack>")
@teacher_only
def pack(pack: str) -> str:
    """Show a pack's version, until when it is kept, and what of it isn't here yet."""
    return render_template("teacher/pack.html", **_values(pack))


@blueprint.post("/packs/<pack>")
@teacher_only
def keep(pack: str) -> Response:
    """Keep a pack at the version that is open until a day, or let it go on."""
    form = request.form
    address = url_for("teacher_packs.pack", pack=pack)
    if form.get("do") == "unpin":
        school().pinned_versions.unpin(pack)
        return done(address, "unpinned")
    until = day_in(form.get("until", ""))
    values = _values(pack)
    try:
        if until is None:
            raise UsageError("no day was chosen", hint="Choose the last day of the term.")
        version = catalogue().open_version(pack)
        school().pinned_versions.pin(pack, version, until, by=visitor().id)
    except WRONG as error:
        return wrong("teacher/pack.html", "pin-day", error, **values)
    return done(address, "pinned")


@blueprint.get("/wishes")
@teacher_only
def wish_list() -> str:
    """Show what was asked for, and the form to ask; `?pack=` for more of a pack."""
    return render_template("teacher/wishes.html", **_wishes())


@blueprint.post("/wishes")
@teacher_only
def ask() -> Response:
    """Ask for something, or take a wish off the list."""
    form = request.form
    if "withdraw" in form:
        school().wishes.withdraw(form["withdraw"])
        return done(url_for("teacher_packs.wish_list"), "wish-gone")
    try:
        school().wishes.add(form.get("text", ""), by=visitor().id, pack=form.get("pack", ""))
    except WRONG as error:
        return wrong("teacher/wishes.html", "wish", error, **_wishes())
    return done(url_for("teacher_packs.wish_list"), "wished")


def _values(pack: str) -> dict[str, object]:
    outline = catalogue().outline(pack, wishes())
    found = next((one for one in school().pinned_versions.pinned() if one.pack == pack), None)
    return {
        "outline": outline,
        "open_version": catalogue().open_version(pack),
        "pinned": found,
        "not_held": _not_held(found),
        "today": today(),
    }


def _not_held(pinned: PinnedVersion | None) -> str:
    """Return why the box doesn't hold what is pinned; empty where it does, or hasn't looked yet."""
    if pinned is None:
        return ""
    found = catalogue().teachers_pin(pinned.pack)
    known = found and (found.version, found.until) == (pinned.version, pinned.until.isoformat())
    return found.why_not if found and known else ""


def _wishes() -> dict[str, object]:
    asked = request.values.get("pack", "")
    asked = asked if is_name(asked) else ""
    names = {one.id: one.name for one in school().teachers.teachers()}
    known = catalogue().asked()
    part = leaf(school().wishes.all(), start_asked(), LINES_ON_PAGE)
    found = [
        (
            wish,
            _title(wish.pack) if wish.pack else "",
            names.get(wish.by, ""),
            known.get(wish.id, NOTHING),
        )
        for wish in part.shown
    ]
    return {
        "wishes": found,
        "part": part,
        "asked": asked,
        "asked_title": _title(asked) if asked else "",
    }


def _title(pack: str) -> object:
    try:
        return catalogue().outline(pack, wishes()).card.title
    except Missing:
        return pack
