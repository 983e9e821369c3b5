"""What the hub wants of this node, in words: for `status` and `plan`. Pure."""

from collections.abc import Iterator, Sequence

from content_packs.desired_state import Budget, DesiredState, Window
from sync_node.config import METERED_CLASSES
from sync_node.limits import DESIRED_NAMES_SHOWN


def lines_of(wanted: DesiredState | None) -> list[str]:
    """Return it as lines for people; nothing where no desired state is held."""
    if wanted is None:
        return []
    whom = f"group {wanted.group}" if wanted.group else "this node"
    said = list(_said(wanted)) or ["it leaves all to this node"]
    return [
        f"goes by the hub's desired state {wanted.number}, for {whom}, in place of node.toml:",
        *(f"  {each}" for each in said),
    ]


def _said(wanted: DesiredState) -> Iterator[str]:
    if wanted.channels is not None:
        yield f"channels: {_some(wanted.channels)}"
    if wanted.packs is not None:
        yield f"packs, of those channels: {_some(wanted.packs)}"
    if wanted.renditions is not None:
        yield f"renditions beyond the lightest: {_some(wanted.renditions)}"
    if wanted.windows is not None:
        windows = [_window(each) for each in wanted.windows]
        yield f"windows of the link: {_some(windows, none='open at any time')}"
    if wanted.budget is not None:
        yield f"the link may carry: {_budget(wanted.budget)}"
    if wanted.pins is not None:
        pins = [f"{pin.pack}, lesson {pin.lesson}" if pin.lesson else pin.pack
                for pin in wanted.pins]  # fmt: skip
        yield f"pinned, beside what is pinned here: {_some(pins)}"
    if wanted.time_zone is not None:
        yield f"time zone: {wanted.time_zone}"


def _some(names: Sequence[str], none: str = "none") -> str:
    """Return the first names, and how many more there are."""
    shown = "; ".join(names[:DESIRED_NAMES_SHOWN]) or none
    left = len(names) - DESIRED_NAMES_SHOWN
    return f"{shown}; and {left} more" if left > 0 else shown


def _window(window: Window) -> str:
    words = f"{window.opens} to {window.closes}"
    if window.classes:
        words += f" for {', '.join(window.classes)}"
    return words + _rate(window.kbit_per_second)


def _budget(budget: Budget) -> str:
    classes = budget.classes or (METERED_CLASSES if budget.metered else ())
    words = ", ".join(classes) or "every class"
    words += _rate(budget.kbit_per_second)
    for size, span in ((budget.megabytes_per_day, "day"), (budget.megabytes_per_month, "month")):
        if size:
            words += f", {size} MB a {span}"
    return words + (", metered" if budget.metered else "")


def _rate(kbit_per_second: int) -> str:
    return f" at {kbit_per_second} kbit/s" if kbit_per_second else ""
