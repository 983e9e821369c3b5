"""How cards are said on pages, in the reader's language."""

from collections.abc import Callable
from typing import Any

from hub.cards.listing import State
from hub.console.language import _

_KINDS = {
    "used": "is-good", "failed": "is-bad", "cancelled": "is-quiet", "expired": "is-warn",
    "written": "", "made": "is-quiet",
}  # fmt: skip


def state_name(state: State) -> str:
    """Return what a card's state is called."""
    return {
        "used": _("in use"),
        "failed": _("writing failed"),
        "cancelled": _("cancelled"),
        "expired": _("expired"),
        "written": _("written, not started yet"),
        "made": _("seed made"),
    }[state]


def for_templates() -> dict[str, Any]:
    """Return what the templates of cards ask."""
    name: Callable[[State], str] = state_name
    return {"card_state": name, "card_kind": lambda state: _KINDS[state]}
