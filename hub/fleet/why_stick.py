"""Why what is to come won't come to a box over its link: pure, as `selecting.needs_stick` has it.

- `too-slow`: its link would take longer than a year
- `overdue`: nobody hears of it, for longer than is usual with it
- `unheard`: nobody ever heard of it
"""

from typing import Final, Literal, TypeAlias

from hub.fleet.listing import Listed
from hub.fleet.standing import NOT_WITHIN_A_YEAR

WhyStick: TypeAlias = Literal["", "too-slow", "overdue", "unheard"]

IN_WORDS: Final[dict[WhyStick, str]] = {
    "": "",
    "too-slow": "its link is too slow",
    "overdue": "silent for too long",
    "unheard": "never heard of",
}


def why_stick(row: Listed) -> WhyStick:
    """Return why a box needs a stick, empty where it needs none. A slow link is said first."""
    if row.behind <= 0:
        return ""
    if row.done_p90 == NOT_WITHIN_A_YEAR:
        return "too-slow"
    if not row.heard_at:
        return "unheard"
    return "overdue" if row.overdue else ""
