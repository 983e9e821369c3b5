"""Sticks that came home, taken in through the browser.

What boxes left on a stick is uploaded as one zip, by the same protocol as packs, and a job does
with it what `hub courier read` does with the stick itself. The zip of a visit bears its id
(`<visit>.stick.zip`); which schools are back is seen by what came of them, as ever (`planning`).

No answer goes onto a stick that isn't here: the next one written for these schools has them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec

from content_packs.errors import InvalidContent, SatchelError
from content_packs.stick import Stick
from hub.couriers import intake
from hub.couriers.fleet import CourierFleet
from hub.couriers.intake import TakenIn
from hub.couriers.returned import place_on_stick
from hub.errors import Busy
from hub.fleet import audit
from hub.hub import Hub
from hub.jobs.context import JobContext
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.uploads import files, handing_over, looking, receiving, unpacking
from hub.uploads.looking import Line
from hub.uploads.metadata import STICK_SUFFIX
from hub.uploads.receiving import Upload
from hub.visits import planning
from hub.visits.limits import STICK_BYTES_MAX, TROUBLES_SHOWN, WAITING_SHOWN
from hub.visits.tables import VisitRow, VisitStopRow

NO_VISIT = "returned"  # begins the name of a stick that isn't of a visit
State: TypeAlias = Literal["receiving", "waiting", "taken", "failed"]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Brought:
    """What a stick brought home, as `TakenIn`; `schools_back`: of visits, by this stick.

    Of many boxes that wait, and of many troubles, some are named and the others counted.
    """

    boxes: int
    claims: int
    reports: int
    batches: int
    known: int
    waiting: tuple[str, ...]
    troubles: tuple[str, ...]
    schools_back: int
    more_waiting: int = 0
    more_troubles: int = 0


@dataclass(frozen=True)
class Returned:
    """A stick that came back. `visit`: its own, empty for none; `received` of `size` bytes came.

    `brought` of one that is taken, `problem` of one that failed. `job`: what takes it in.
    """

    id: str
    visit: str
    login: str
    size: int
    received: int
    state: State
    problem: str
    brought: Brought | None
    job: str
    changed_at: str


def name_for(visit: str) -> str:
    """Return what the zip of a visit's stick has to be called; of none, with an empty one."""
    return f"{visit or NO_VISIT}{STICK_SUFFIX}"


def listed(hub: Hub, actor: Actor, *, visit: str = "") -> list[Returned]:
    """Return sticks that came back, the newest first: somebody's own, or all of a visit's.

    Raises `Missing` for a visit that isn't theirs to see, `Refused`, `StorageFailed`.
    """
    actor.expect(Right.SEE_FLEET)
    if visit:
        planning.show(hub, actor, visit)
    found = receiving.list_sticks(hub, actor, name=name_for(visit) if visit else "")
    return [_returned(looking.line_of(hub, actor, upload)) for upload in found]


def take_in(hub: Hub, actor: Actor, upload: str) -> Upload:
    """Have a stick that has come whole taken in, once more if that failed.

    Raises `Missing`, `Refused`, `StorageFailed`.
    """
    actor.expect(Right.CHANGE_FLEET)
    return handing_over.hand_over(hub, actor, receiving.find_even_expired(hub, actor, upload))


def forget(hub: Hub, actor: Actor, upload: str) -> None:
    """Forget a stick that came back; what was taken in of it stays. Raises as `take_in`."""
    actor.expect(Right.CHANGE_FLEET)
    receiving.remove(hub, actor, upload)


def take_zip(  # noqa: PLR0913  # what, from where, on which way
    hub: Hub,
    actor: Actor,
    source: Path,
    folder: Path,
    progress: Progress = lambda _done, _total: None,
    *,
    what: str = "",
) -> Brought:
    """Take in what boxes left, from a zip; `folder` is empty and holds it meanwhile.

    Raises `InvalidContent` for no zip, or one of something else, `Refused`, `StorageFailed`.
    """
    actor.expect(Right.CHANGE_FLEET)
    what = what or source.name
    found = unpacking.unpack_chosen(
        source, folder, place_on_stick, progress, what=what, bytes_max=STICK_BYTES_MAX
    )
    if not found:
        raise InvalidContent(
            f"{what}: there is nothing in it that a school's box left",
            hint="Choose the stick itself, or its folder satchel, which has a folder up.",
        )
    expected = _expected(hub)
    taken = intake.read(Stick(folder), CourierFleet(hub), answers=False)
    planning.settle(hub)  # the others' as well, and it may have been done already: so count anew
    back = _count_back(hub, expected, frozenset(taken.nodes))
    brought = _brought(taken, folder, back)
    with hub.database.writing():
        audit.note(hub, "stick-read", actor=actor.login, reason=f"{what}: {in_words(brought)}")
    return brought


def run(hub: Hub, context: JobContext) -> Mapping[str, Any]:
    """Take in the upload `upload`; the job of kind `stick`. Raises as `take_zip`."""
    upload = receiving.find_even_expired(hub, context.actor, str(context.arguments["upload"]))
    folder = context.folder() / "stick"

    def show(done: int, total: int) -> None:
        context.progress(done, total, "unpacking")

    try:
        found = take_zip(
            hub, context.actor, files.path_of(hub, upload.id), folder, show, what=upload.name
        )
    except Busy:
        raise  # tried again: nothing came of it yet
    except SatchelError as error:
        handing_over.note_result(hub, upload, done=False, result=f"{error.message}\n{error.hint}")
        raise
    for line in (in_words(found), *found.troubles):
        context.log(line)
    handing_over.note_result(hub, upload, done=True, result=msgspec.json.encode(found).decode())
    return _counts(found)


def in_words(found: Brought) -> str:
    """Say what a stick brought."""
    return (
        f"from {found.boxes} boxes: {found.claims} claims, {found.reports} reports, batches: "
        f"{found.batches} new, {found.known} known; "
        f"{len(found.troubles) + found.more_troubles} refused; "
        f"{found.schools_back} schools of visits are back"
    )


def _counts(found: Brought) -> dict[str, int]:
    """Return what is remembered of the job: numbers, however many boxes there were."""
    return {
        "boxes": found.boxes,
        "claims": found.claims,
        "reports": found.reports,
        "batches": found.batches,
        "known": found.known,
        "waiting": len(found.waiting) + found.more_waiting,
        "refused": len(found.troubles) + found.more_troubles,
        "schools_back": found.schools_back,
    }


def _expected(hub: Hub) -> frozenset[tuple[str, str]]:
    """Return the visits whose sticks are under way, each with a school that isn't back."""
    with hub.database.transaction():
        rows = (
            VisitStopRow.select(VisitStopRow.visit, VisitStopRow.node)
            .join(VisitRow, on=(VisitRow.visit == VisitStopRow.visit))
            .where((VisitRow.state == "written") & (VisitStopRow.returned_at == ""))
        )
        return frozenset((str(row.visit), str(row.node)) for row in rows)


def _count_back(hub: Hub, expected: frozenset[tuple[str, str]], nodes: frozenset[str]) -> int:
    """Return how many of those that were expected, and are on this stick, a stick brought back."""
    visits = sorted({visit for visit, node in expected if node in nodes})
    with hub.database.transaction():
        rows = VisitStopRow.select(VisitStopRow.visit, VisitStopRow.node).where(
            (VisitStopRow.visit << visits) & (VisitStopRow.returned_by == "stick")
        )
        back = {(str(row.visit), str(row.node)) for row in rows}
    return sum(node in nodes for _, node in back & expected)


def _returned(line: Line) -> Returned:
    upload = line.upload
    visit = upload.name.removesuffix(STICK_SUFFIX)
    is_taken = upload.state == "taken"
    words = upload.result or (line.job.problem if line.job else "")
    return Returned(
        id=upload.id,
        visit="" if visit == NO_VISIT else visit,
        login=upload.login,
        size=upload.size,
        received=upload.received,
        state=_state(line),
        problem=words if line.has_failed else "",
        brought=msgspec.json.decode(upload.result, type=Brought) if is_taken else None,
        job=upload.job,
        changed_at=upload.changed_at,
    )


def _state(line: Line) -> State:
    if line.upload.state in {"receiving", "taken"}:
        return "receiving" if line.upload.state == "receiving" else "taken"
    return "failed" if line.has_failed else "waiting"


def _brought(taken: TakenIn, folder: Path, back: int) -> Brought:
    # What is read names the file, never where it lies here.
    troubles = [trouble.replace(f"{folder}: ", "") for trouble in taken.troubles]
    return Brought(
        len(taken.nodes),
        taken.claims,
        taken.reports,
        taken.batches,
        taken.known,
        tuple(f"{box.node} {box.fingerprint}" for box in taken.waiting[:WAITING_SHOWN]),
        tuple(troubles[:TROUBLES_SHOWN]),
        back,
        max(len(taken.waiting) - WAITING_SHOWN, 0),
        max(len(troubles) - TROUBLES_SHOWN, 0),
    )
