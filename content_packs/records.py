"""Records: what a learner did, as an xAPI statement with one byte-exact encoding.

A statement is made at the node, once, and never changed: canonical JSON (`canonical_json`) of the
fields of xAPI 1.0.3 (IEEE 9274.1.1, "xAPI 2.0", has the same). Nobody's name is in it: the actor is
an account that only the node can tell a pupil by. All numbers are whole. See RECORDS.md.
"""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, NamedTuple, TypeAlias

import msgspec
from msgspec import Meta

from content_packs import canonical_json, messages
from content_packs.errors import InvalidContent
from content_packs.limits import (
    RECORD_BYTES_MAX,
    RECORD_IRI_CHARACTERS_MAX,
    RECORD_RESPONSE_CHARACTERS_MAX,
    RECORD_SECONDS_MAX,
)
from content_packs.names import is_name

Verb: TypeAlias = Literal["initialized", "progressed", "answered", "scored", "completed"]
ActorKind: TypeAlias = Literal["learner", "device"]

UNENROLLED = "unenrolled"  # the node, before a hub has given it an id
VERB_IRI = "http://adlnet.gov/expapi/verbs/"
PROGRESS = "https://w3id.org/xapi/cmi5/result/extensions/progress"  # percent, 0 to 100
TIME = "https://w3id.org/xapi/video/extensions/time"  # whole seconds into a film
APP_REPORTED = "urn:satchel:app-reported"  # an app said so: nobody has checked it
SCORE_UNIT = 100  # a score is in hundredths of a point

_NODE_IRI = "urn:satchel:node:"
_END = r"$(?!\n)"
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_ACTIVITY = re.compile(r"urn:satchel:(pack|lesson|item|question|material):([a-z0-9:-]+)")
_PARTS = {"pack": 1, "lesson": 2, "item": 3, "question": 4}

_ADL = "http://adlnet.gov/expapi/activities/"
TYPES = {
    "pack": f"{_ADL}course",
    "lesson": f"{_ADL}lesson",
    "video": "https://w3id.org/xapi/video/activity-type/video",
    "audio": "https://w3id.org/xapi/audio/activity-type/audio",
    "page": "http://activitystrea.ms/schema/1.0/page",
    "document": "http://id.tincanapi.com/activitytype/document",
    "exercise": f"{_ADL}assessment",
    "app": "http://activitystrea.ms/schema/1.0/application",
    "question": f"{_ADL}cmi.interaction",
}
INTERACTIONS = {
    "choice": "choice",
    "multiple-choice": "choice",
    "text-entry": "fill-in",
    "numeric": "fill-in",  # 1/2 is an answer, and no number as xAPI writes them
    "inline-choice": "matching",
    "order": "sequencing",
    "match": "matching",
}

Uuid: TypeAlias = Annotated[str, Meta(pattern=f"^{_UUID}{_END}")]
Iri: TypeAlias = Annotated[
    str,
    Meta(
        max_length=RECORD_IRI_CHARACTERS_MAX, pattern=r"^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"]+" + _END
    ),
]
AccountName: TypeAlias = Annotated[str, Meta(pattern=f"^(learner|device):{_UUID}{_END}")]
Response: TypeAlias = Annotated[str, Meta(max_length=RECORD_RESPONSE_CHARACTERS_MAX)]
Duration: TypeAlias = Annotated[str, Meta(max_length=12, pattern=f"^PT(0|[1-9][0-9]*)S{_END}")]
Hundredths: TypeAlias = Annotated[int, Meta(ge=0, le=10**9)]


class _Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """What all parts share. A reader ignores fields that it doesn't know."""


class Account(_Part, frozen=True):
    """Who, as the node at `home_page` knows them."""

    home_page: Iri
    name: AccountName


class Agent(_Part, frozen=True):
    """The learner, or the device that nobody has signed in to."""

    account: Account


class VerbPart(_Part, frozen=True):
    """What was done."""

    id: Iri
    display: dict[str, str] = {}


class Definition(_Part, frozen=True):
    """What kind of thing it was done to."""

    type: Iri
    interaction_type: str = ""


class Activity(_Part, frozen=True):
    """What it was done to."""

    id: Iri
    definition: Definition | None = None


class Score(_Part, frozen=True):
    """What was earned, in hundredths of a point."""

    raw: Hundredths
    max: Hundredths
    min: int


class Result(_Part, frozen=True):
    """How it went."""

    score: Score | None = None
    success: bool | None = None
    completion: bool | None = None
    response: Response | None = None
    duration: Duration | None = None
    extensions: dict[Iri, int] = {}


class ContextActivities(_Part, frozen=True):
    """What the activity is a part of."""

    parent: tuple[Activity, ...] = ()
    grouping: tuple[Activity, ...] = ()


class Context(_Part, frozen=True):
    """Where it was done. `revision`: the pack's version. `registration`: one try at an exercise."""

    registration: Uuid | None = None
    context_activities: ContextActivities | None = None
    revision: Annotated[str, Meta(pattern=f"^[1-9][0-9]{{0,9}}{_END}")] | None = None
    extensions: dict[Iri, bool] = {}


class Statement(_Part, frozen=True):
    """One record. `timestamp`: the node's likeliest time, UTC, to the second."""

    id: Uuid
    actor: Agent
    verb: VerbPart
    object: Activity
    timestamp: messages.Moment
    result: Result | None = None
    context: Context | None = None

    def __post_init__(self) -> None:
        """Raise `ValueError` unless the time is UTC, to the second, and in years of use."""
        messages.check_moment(self.timestamp, what="timestamp")
        score = self.result.score if self.result else None
        if score and (score.min or score.raw > score.max):
            raise ValueError("score: raw is to be between min, which is 0, and max")


class Place(NamedTuple):
    """A pack, a lesson (`item` empty), an item; or a material of the school: `item` alone."""

    pack: str
    lesson: str = ""
    item: str = ""

    @property
    def is_material(self) -> bool:
        """Say whether it is a material that the school added itself."""
        return not self.pack


@dataclass(frozen=True)
class Actor:
    """Who did something: a pupil, or a device that nobody has signed in to. `id` is a UUID."""

    kind: ActorKind
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True)
class Event:
    """What was done, before it is a record.

    `kind`: of the place, as in `TYPES`; or a question's, as in `INTERACTIONS`, with its id in
    `question`. `version`: of the pack, 0 for a material. `score` and `points` in hundredths of a
    point. `percent` and `seconds` say how far, `duration` how many seconds it took.
    """

    verb: Verb
    place: Place
    version: int
    kind: str = ""
    question: str = ""
    registration: str = ""
    score: int | None = None
    points: int = 0
    success: bool | None = None
    completion: bool | None = None
    response: str | None = None
    percent: int | None = None
    seconds: int | None = None
    duration: int | None = None
    by_app: bool = False


def statement(event: Event, *, id_: str, node: str, actor: Actor, at: datetime) -> Statement:
    """Return the record of an event. `node`: the node's id, or `UNENROLLED`.

    Raises `InvalidContent` for what no record can hold.
    """
    made = Statement(
        id=id_,
        actor=Agent(account=Account(home_page=_NODE_IRI + node, name=str(actor))),
        verb=VerbPart(id=VERB_IRI + event.verb, display={"en": event.verb}),
        object=Activity(id=activity_id(event.place, event.question), definition=_definition(event)),
        timestamp=messages.to_second(at),
        result=_result(event),
        context=_context(event),
    )
    return _checked(msgspec.to_builtins(made))  # nothing is checked when a struct is made


def encode(made: Statement) -> bytes:
    """Return the canonical bytes of a record. Raises `InvalidContent`."""
    data = canonical_json.encode(msgspec.to_builtins(made))
    if len(data) > RECORD_BYTES_MAX:
        raise InvalidContent(f"record: {len(data)} bytes, at most {RECORD_BYTES_MAX} are allowed")
    return data


def decode(data: bytes) -> Statement:
    """Return the record whose canonical bytes are `data`.

    Raises `InvalidContent` for anything else. Fields that aren't known are left out.
    """
    return _checked(canonical_json.decode(data, bytes_max=RECORD_BYTES_MAX, what="record"))


def activity_id(place: Place, question: str = "") -> str:
    """Return the IRI of a pack, lesson, item or question, or of a material."""
    if place.is_material:
        kind, parts = "material", [place.item]
    else:
        parts = [part for part in (*place, question) if part]
        kind = next(kind for kind, count in _PARTS.items() if count == len(parts))
    if place.is_material and question:
        parts.append(question)
    return f"urn:satchel:{kind}:{':'.join(parts)}"


def place_of(activity: str) -> tuple[Place, str]:
    """Return what an IRI that `activity_id` made names, and the question, "" for none.

    Raises `InvalidContent` for another one.
    """
    found = _ACTIVITY.fullmatch(activity)
    parts = found[2].split(":") if found else []
    if found and found[1] == "material" and 1 <= len(parts) <= 2 and all(map(is_name, parts)):
        return Place("", "", parts[0]), "".join(parts[1:])
    if not found or _PARTS.get(found[1]) != len(parts) or not all(map(is_name, parts)):
        raise InvalidContent(f"record: {activity[:120]!r} is nothing that a pack has")
    return Place(*parts[:3]), "".join(parts[3:])


def actor_of(made: Statement) -> Actor:
    """Return whose record it is."""
    kind, _, id_ = made.actor.account.name.partition(":")
    return Actor("learner" if kind == "learner" else "device", id_)


def verb_of(made: Statement) -> str:
    """Return what was done in a word: a `Verb`, or an IRI that isn't ours."""
    return made.verb.id.removeprefix(VERB_IRI)


def name_based_id(*parts: str) -> str:
    """Return the UUID (RFC 9562, version 5) of these parts: the same parts give the same one."""
    name = "".join(f"{len(part)}:{part}" for part in parts)
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:satchel:record:{name}"))


def random_id(randomness: bytes) -> str:
    """Return a UUID (RFC 9562, version 4) made of 16 random bytes."""
    return str(uuid.UUID(bytes=randomness, version=4))


def _checked(value: object) -> Statement:
    try:
        return msgspec.convert(value, Statement)
    except (msgspec.ValidationError, ValueError) as error:
        raise InvalidContent(f"record: {str(error)[:300]}") from error


def _definition(event: Event) -> Definition | None:
    if event.question:
        return Definition(
            type=TYPES["question"], interaction_type=INTERACTIONS.get(event.kind, "other")
        )
    type_ = TYPES.get(event.kind)
    return Definition(type=type_) if type_ else None


def _result(event: Event) -> Result | None:
    extensions: dict[str, int] = {}
    if event.percent is not None:
        extensions[PROGRESS] = max(0, min(event.percent, 100))
    if event.seconds is not None:
        extensions[TIME] = max(0, min(event.seconds, RECORD_SECONDS_MAX))
    duration = event.duration
    made = Result(
        score=None if event.score is None else Score(raw=event.score, max=event.points, min=0),
        success=event.success,
        completion=event.completion,
        response=event.response,
        duration=None if duration is None else f"PT{min(max(0, duration), RECORD_SECONDS_MAX)}S",
        extensions=extensions,
    )
    return None if made == Result() else made


def _context(event: Event) -> Context | None:
    place = event.place
    above: tuple[Activity, ...] = ()
    around: tuple[Activity, ...] = ()
    if event.question:
        above = (Activity(id=activity_id(place)),)
    elif place.item and place.lesson:
        above = (Activity(id=activity_id(Place(place.pack, place.lesson))),)
    if place.pack and place.lesson:
        around = (Activity(id=activity_id(Place(place.pack))),)
    extensions: Mapping[str, bool] = {APP_REPORTED: True} if event.by_app else {}
    made = Context(
        registration=event.registration or None,
        context_activities=ContextActivities(parent=above, grouping=around)
        if above or around
        else None,
        revision=str(event.version) if event.version else None,
        extensions=dict(extensions),
    )
    return None if made == Context() else made
