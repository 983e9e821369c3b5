"""The kinds of jobs there are: each with its name, who may start it, and the function that does it.

A function is named as text, `module:function`: the process of the job loads it, and what it needs
of memory and time, while who starts one doesn't. It is called with the hub and a
`hub.jobs.context.JobContext`, and returns what is to be remembered of it, or None. It may be ended
at any moment, and begun once more. A `SatchelError` says why it failed; `Busy` has it tried again.
"""

from dataclasses import dataclass

from content_packs.errors import Missing
from hub.people.rights import Right


@dataclass(frozen=True)
class Kind:
    """A kind of jobs. `title` is an English text for people, translated where it is shown.

    `unit` of its progress: `bytes` or empty for a count of things.
    """

    name: str
    run: str
    title: str
    right: Right
    unit: str = ""


_KINDS: dict[str, Kind] = {}


def register(name: str, run: str, title: str, right: Right, *, unit: str = "") -> Kind:
    """Make a kind known, in place of one of the same name; return it."""
    kind = Kind(name, run, title, right, unit)
    _KINDS[name] = kind
    return kind


def find(name: str) -> Kind:
    """Return a kind. Raises `Missing`."""
    if name not in _KINDS:
        raise Missing(
            f"there is no kind of job {name[:40]!r}", hint=f"Known: {', '.join(sorted(_KINDS))}."
        )
    return _KINDS[name]


def names() -> tuple[str, ...]:
    """Return the names of all kinds, sorted."""
    return tuple(sorted(_KINDS))


register(
    "courier", "hub.visits.sticks:run", "Write a visit's stick", Right.CHANGE_FLEET, unit="bytes"
)
register("deltas", "hub.delta_files:run_job", "Make deltas", Right.PUBLISH, unit="bytes")
register("publish", "hub.packs.publish_job:run", "Publish a pack", Right.PUBLISH, unit="bytes")
register(
    "publish-dropped",
    "hub.packs.drop_job:run",
    "Publish what was dropped",
    Right.PUBLISH,
    unit="bytes",
)
register("retention", "hub.retaining:run_job", "Take away what nothing needs", Right.OPERATE)
register(
    "stick",
    "hub.visits.returning:run",
    "Take in a stick that came back",
    Right.CHANGE_FLEET,
    unit="bytes",
)
register("forget", "hub.forgetting.chore:run_job", "Forget what is old", Right.OPERATE)
register("backup", "hub.backup.nightly:run_job", "Back the hub up", Right.OPERATE, unit="bytes")
