"""How schools and their boxes stand, in words, for the command line."""

import click

from content_packs.command_line import megabytes, plain
from content_packs.diff import count_of
from hub.fleet.listing import Listed, Page
from hub.fleet.rhythm import Bound
from hub.fleet.school_view import BoxView, SchoolView
from hub.fleet.wanting import Group, Preview
from hub.fleet.why_stick import IN_WORDS, why_stick

_HOUR, _DAY = 3_600, 86_400
_MARKS = (
    "alarm",
    "claim",
    "overdue",
    "unreached",
    "superseded",
    "rolled_back",
    "courier",
    "paused",
)


def say_list(found: Page) -> None:
    """Print a page of the list, a line each."""
    for row in found.items:
        click.echo(_line(row))
    if not found.total:
        click.echo(
            "There is no school yet, or none like that: hub schools add NAME --district NAME"
        )
    elif found.next:
        click.echo(f"{len(found.items)} of {found.total:,}. Go on with: --after {found.next}")


def say_school(found: SchoolView) -> None:
    """Print how a school stands."""
    school = found.school
    where = f", township {plain(school.township)}" if school.township else ""
    click.echo(f"{school.school}  {plain(school.title)}  district {school.district}{where}")
    if school.contact:
        click.echo(f"  call {plain(school.contact)}")
    for box in found.boxes:
        _say_box(box)
    if not found.boxes:
        click.echo(f"  no box yet: hub enrol-codes {school.school}")
    if found.codes_unused:
        click.echo(
            f"  {count_of(found.codes_unused, 'unused code')}, good until {found.codes_expire}"
        )


def say_groups(groups: tuple[Group, ...]) -> None:
    """Print groups, and what is set for each."""
    for one in groups:
        said = f"number {one.number} of {one.issued_at}" if one.number else "nothing is set"
        click.echo(f"{one.group}  {_boxes(one.nodes)}  {said}")
    if not groups:
        click.echo("No box is of a group yet: hub nodes groups NODE GROUP")


def say_preview(found: Preview) -> None:
    """Print what a desired state would change."""
    own = f"; {found.own} more have one of their own and stay as they are" if found.own else ""
    click.echo(
        f"For {_boxes(found.nodes)}{own}. Set otherwise: {', '.join(found.settings) or '-'}."
    )
    for pack, count in found.comes.items():
        click.echo(f"  comes: {pack}, for {_boxes(count)}")
    for pack, count in found.goes.items():
        click.echo(f"  followed no more: {pack}, by {_boxes(count)}")
    click.echo(
        f"At most {megabytes(found.cost)} in all, {megabytes(found.cost_median)} for the box in "
        f"the middle, {megabytes(found.cost_most)} for the one with most. Nothing was set."
    )


def _boxes(count: int) -> str:
    return "1 box" if count == 1 else f"{count} boxes"


def _line(row: Listed) -> str:
    marks = " ".join(name.replace("_", "-") for name in _MARKS if getattr(row, name))
    late = row.furthest_behind
    parts = [
        row.node or row.school,
        plain(row.title),
        plain(row.township),
        row.state + (f" ({row.trouble})" if row.trouble else ""),
        marks,
        f"heard {row.heard_at}" if row.heard_at else "",
        f"stalled since {row.stalled_since}" if row.stalled_since else "",
        f"{megabytes(row.behind)} to come" if row.behind else "",
        f"{late['pack']} {late['held'] or '-'} -> {late['version']}" if late else "",
        _done(row),
        f"{row.records} records wait" if row.records else "",
    ]
    return "  ".join(part for part in parts if part)


def _done(row: Listed) -> str:
    if why := why_stick(row):
        return f"needs a stick: {IN_WORDS[why]}"
    if not row.behind or not (row.done_p90 or row.done_p50):
        return ""
    return f"by {(row.done_p90 or row.done_p50)[:10]}"


def _say_box(box: BoxView) -> None:
    row = box.row
    click.echo(f"  {_line(row)}")
    if row.reason:
        click.echo(f"    {plain(row.reason)}")
    if row.heard_at:
        usual, long = _span(box.rhythm.median), _span(box.rhythm.p95)
        learnt = "" if box.rhythm.learnt else " (assumed)"
        click.echo(
            f"    silent for {usual} as a rule, {long} at times{learnt}; expected "
            f"{row.expected_at}, overdue from {row.overdue_at}"
        )
        bound = _BOUNDS[box.rhythm.decided_by]
        click.echo(f"    overdue after {_span(box.rhythm.overdue_after)} in silence: {bound}")
    elif row.overdue_at:
        click.echo(f"    never heard of; overdue from {row.overdue_at}")
    for pack in row.packs:
        held = "-" if pack["held"] is None else pack["held"]
        click.echo(
            f"    {pack['pack']}: {pack['stage']} {pack['version']}, holds {held}, lessons "
            f"{pack['ready']} of {pack['total']}, {megabytes(pack['to_come'])} to come"
        )


_BOUNDS: dict[Bound, str] = {
    "rare": "it is silent for so long about once a year",
    "median": "three times its usual silence",
    "p95": "the longest that it is seldom silent for",
    "least": "no box is called overdue before",
}


def _span(seconds: int) -> str:
    if seconds < 2 * _DAY:
        return f"{round(seconds / _HOUR)} hours"
    return f"{round(seconds / _DAY)} days"
