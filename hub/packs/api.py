"""What the API offers of packs, releases and channels."""

from typing import Annotated

import msgspec

from content_packs.limits import NAME_CHARACTERS_MAX, VERSION_MAX
from hub import differences, releasing, retaining
from hub.api.operations import Given, Operation
from hub.api.paging import PAGE_DEFAULT, Limit
from hub.differences import Changes
from hub.hub import Hub
from hub.overview import PackView
from hub.packs import contents, deeds, listing, previewing, tickets
from hub.packs.contents import LessonLine, Outline
from hub.packs.listing import Channel, PackStory
from hub.packs.numbers import number_in
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.releasing import Released, Withdrawn
from hub.retaining import Plan

_Name = Annotated[str, msgspec.Meta(max_length=NAME_CHARACTERS_MAX)]
_Time = Annotated[str, msgspec.Meta(max_length=64)]
_Version = Annotated[int, msgspec.Meta(ge=0, le=VERSION_MAX)]


class PacksQuery(msgspec.Struct, forbid_unknown_fields=True):
    """`after`: the name of the last pack that was seen."""

    after: str = ""
    limit: Limit = PAGE_DEFAULT


class PacksPage(msgspec.Struct):
    """Packs by name. `next`: ask for more with it as `after`; empty for no more."""

    items: tuple[PackView, ...]
    next: str


class DifferencesQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Two versions."""

    older: _Version = 0
    newer: _Version = 0


class LessonPreview(msgspec.Struct):
    """A lesson, and where each of its files is shown for some hours, by path."""

    lesson: LessonLine
    files: dict[str, str]


class ReleaseTerms(msgspec.Struct, forbid_unknown_fields=True):
    """Where and how a version is released to all at once. Times are RFC 3339, or empty."""

    channel: _Name
    activate_at: _Time = ""
    needed_by: _Time = ""


class WithdrawTerms(msgspec.Struct, forbid_unknown_fields=True):
    """From which channel, empty for all and for good; the version in its place, 0 for none."""

    channel: _Name = ""
    fall_back_to: _Version = 0


class Channels(msgspec.Struct):
    """All channels, with what each offers."""

    items: tuple[Channel, ...]


class NewChannel(msgspec.Struct, forbid_unknown_fields=True):
    """The name of a channel to add."""

    channel: _Name


class ChannelAdded(msgspec.Struct):
    """`added`: false where it was there already."""

    channel: str
    added: bool


class RetentionStarted(msgspec.Struct):
    """The job that does it."""

    job: str


def _packs(hub: Hub, actor: Actor, given: Given) -> PacksPage:
    query: PacksQuery = given.query
    found = [view for view in listing.packs(hub, actor) if view.pack > query.after]
    more = len(found) > query.limit
    shown = tuple(found[: query.limit])
    return PacksPage(shown, shown[-1].pack if more else "")


def _pack(hub: Hub, actor: Actor, given: Given) -> PackStory:
    return listing.story(hub, actor, given.path["pack"])


def _version(hub: Hub, actor: Actor, given: Given) -> Outline:
    number = number_in(given.path["version"])
    return contents.outline(contents.held(hub, actor, given.path["pack"], number))


def _lesson(hub: Hub, actor: Actor, given: Given) -> LessonPreview:
    pack, number = given.path["pack"], number_in(given.path["version"])
    held = contents.held(hub, actor, pack, number)
    lesson = held.lesson(given.path["lesson"])
    (line,) = contents.only(contents.outline(held), lesson.id).lessons
    places = previewing.Places(held, tickets.ticket(hub, pack, number))
    paths = sorted(lesson.required_paths() | lesson.finer_paths())
    return LessonPreview(line, {path: places.file(path) for path in paths})


def _differences(hub: Hub, actor: Actor, given: Given) -> Changes:
    query: DifferencesQuery = given.query
    return differences.between(hub, actor, given.path["pack"], query.older, query.newer)


def _release(hub: Hub, actor: Actor, given: Given) -> Released:
    on: ReleaseTerms = given.body
    terms = releasing.terms(100, on.activate_at, on.needed_by)
    number = number_in(given.path["version"])
    return deeds.release(hub, actor, given.path["pack"], number, on.channel, terms)


def _withdraw(hub: Hub, actor: Actor, given: Given) -> Withdrawn:
    on: WithdrawTerms = given.body
    return deeds.withdraw(
        hub,
        actor,
        given.path["pack"],
        number_in(given.path["version"]),
        channel=on.channel or None,
        fall_back_to=on.fall_back_to or None,
    )


def _channels(hub: Hub, actor: Actor, _given: Given) -> Channels:
    return Channels(listing.channels(hub, actor))


def _add_channel(hub: Hub, actor: Actor, given: Given) -> ChannelAdded:
    new: NewChannel = given.body
    return ChannelAdded(new.channel, deeds.add_channel(hub, actor, new.channel))


def _plan(hub: Hub, actor: Actor, _given: Given) -> Plan:
    return retaining.plan(hub, actor)


def _retain(hub: Hub, actor: Actor, _given: Given) -> RetentionStarted:
    return RetentionStarted(retaining.start(hub, actor).id)


_VERSION = "/packs/{pack}/versions/{version}"
_SCREEN = "/console/packs/<pack>/versions/<version>"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "listPacks", "GET", "/packs", Right.SEE_PACKS,
        "Packs, their versions, and where each is offered", _packs,
        screen="/console/packs", command="packs", query=PacksQuery, answer=PacksPage,
    ),
    Operation(
        "getPack", "GET", "/packs/{pack}", Right.SEE_PACKS,
        "What is known of a pack: versions, deltas and what they save, who released what", _pack,
        screen="/console/packs/<pack>", command="packs show", answer=PackStory,
    ),
    Operation(
        "getVersion", "GET", _VERSION, Right.SEE_PACKS,
        "The lessons of a version", _version,
        screen=_SCREEN, command="packs lessons", answer=Outline,
    ),
    Operation(
        "getLesson", "GET", f"{_VERSION}/lessons/{{lesson}}", Right.SEE_PACKS,
        "A lesson's items, and where its files can be looked at for some hours", _lesson,
        screen=f"{_SCREEN}/lessons/<lesson>", command="packs lessons", answer=LessonPreview,
    ),
    Operation(
        "getDifferences", "GET", "/packs/{pack}/differences", Right.SEE_PACKS,
        "What changed from one version to another, and what it costs a school", _differences,
        screen="/console/packs/<pack>/differences", command="packs differences",
        query=DifferencesQuery, answer=Changes,
    ),
    Operation(
        "releaseVersion", "POST", f"{_VERSION}/release", Right.RELEASE,
        "Offer a version on a channel, to all schools at once", _release,
        screen=f"{_SCREEN}/release", command="release",
        body=ReleaseTerms, answer=Released, problems=("409",),
    ),
    Operation(
        "withdrawVersion", "POST", f"{_VERSION}/withdraw", Right.RELEASE,
        "Stop offering a version, from one channel or for good", _withdraw,
        screen=f"{_SCREEN}/withdraw", command="withdraw",
        body=WithdrawTerms, answer=Withdrawn, problems=("409",),
    ),
    Operation(
        "listChannels", "GET", "/channels", Right.SEE_PACKS,
        "Channels and what they offer", _channels,
        screen="/console/channels", command="channels", answer=Channels,
    ),
    Operation(
        "addChannel", "POST", "/channels", Right.RELEASE,
        "Add a channel, with a key of its own", _add_channel,
        screen="/console/channels", command="channels add",
        body=NewChannel, answer=ChannelAdded, problems=("409",),
    ),
    Operation(
        "planRetention", "GET", "/retention", Right.OPERATE,
        "Which versions stay and why, and what retention would take away", _plan,
        screen="/console/retention", command="retention", answer=Plan,
    ),
    Operation(
        "runRetention", "POST", "/retention", Right.OPERATE,
        "Take away in the background what nothing needs", _retain,
        screen="/console/retention", command="retention",
        answer=RetentionStarted, problems=("409",),
    ),
)  # fmt: skip
