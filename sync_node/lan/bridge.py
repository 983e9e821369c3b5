"""What an app says of somebody's progress, as the page around it passes it on: BRIDGE.md.

Nothing here is believed: it is bounded, and recorded as the app's own word.
"""

import math

from flask import Blueprint, Response, request

from content_packs.errors import UsageError
from sync_node.catalogue_model import ItemAddress, ItemView
from sync_node.lan.catalogue_access import catalogue
from sync_node.lan.interface_language import wishes
from sync_node.lan.learners import learning
from sync_node.lan.limits import APP_NUMBER_CHARACTERS_MAX
from sync_node.lan.visitor import actor, visitor
from sync_node.school.recording import AppMessage, TooFast

blueprint = Blueprint("bridge", __name__)

_WHO_FIELD = "_who"  # the id of the pupil whom the page was made for
_TYPES = frozenset({"progress", "score", "completed"})


@blueprint.post("/packs/<pack>/<lesson>/<item>/said")
def said(pack: str, lesson: str, item: str) -> Response:
    """Record what an app says. Raises `Missing`, `Busy` or `StorageFailed`."""
    view = catalogue().item(ItemAddress(pack, lesson, item), wishes())
    if not can_speak(view):
        return Response(status=405, headers={"Allow": ""})
    if request.form.get(_WHO_FIELD, visitor().id) != visitor().id:
        return Response(status=409)  # a shared phone: the app was opened by somebody else
    try:
        message = _message()
        who = actor()
        if who is not None:
            learning().app_said(who, view, message)
    except TooFast:
        return Response(status=429)
    except UsageError:
        return Response(status=400)
    return Response(status=204)


def can_speak(view: ItemView) -> bool:
    """Say whether an item is shown in a frame of its own, so that it can say anything."""
    return view.line.kind == "app" or (view.line.kind == "page" and not view.fragment)


def _message() -> AppMessage:
    """Return the message in the form. Raises `UsageError` if it isn't as BRIDGE.md says."""
    kind = request.form.get("type", "")
    percent, score, points = (_number(name) for name in ("percent", "score", "points"))
    if (
        kind not in _TYPES
        or (percent is None) == (kind == "progress")
        or (score is None) != (points is None)
        or (kind == "score" and score is None)
        or (kind == "progress" and score is not None)
    ):
        raise UsageError("not a message of an app", hint="BRIDGE.md says which there are.")
    if percent is not None and not 0 <= percent <= 100:
        raise UsageError("an app's progress has to lie between 0 and 100 percent")
    whole = None if percent is None else round(percent)
    return AppMessage(whole, score, points, done=kind == "completed")


def _number(name: str) -> float | None:
    """Return a finite number of the form, None where there is none. Raises `UsageError`."""
    text = request.form.get(name, "")
    if not text:
        return None
    try:
        found = float(text) if len(text) <= APP_NUMBER_CHARACTERS_MAX else math.nan
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise UsageError(f"{name}: not a number")
    return found
