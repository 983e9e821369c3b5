"""What commands say of packs, in words."""

import click

from content_packs.command_line import megabytes
from content_packs.diff import words_of
from content_packs.manifest import text_in
from hub.differences import Changes
from hub.overview import PackView
from hub.packs.contents import Outline
from hub.packs.listing import PackStory, Released
from hub.retaining import Plan
from hub.rollouts import sayings as rollouts
from hub.sayings import words_of_delta
from hub.versions import Version


def say_story(found: PackStory) -> None:
    """Say what is known of a pack."""
    click.echo(f"{found.pack}  (publisher {found.publisher})")
    for version in found.versions:
        by = f" by {version.published_by}" if version.published_by else ""
        click.echo(
            f"  {version.version}  {megabytes(version.size)}, {megabytes(version.new_bytes)} new  "
            f"{version.published_at}{by}  {state_of(found, version)}"
        )
    for delta in found.deltas:
        click.echo(f"  {words_of_delta(delta)}")
    for one in found.releases:
        click.echo(f"  {_release(one)}")


def _release(one: Released) -> str:
    who = one.approved_by or one.actor
    by = f" by {who}" if who else ""
    said = f"released {one.released_at}{by}: {one.version} on {one.channel}"
    if not one.rollout:
        return said
    state = rollouts.state(one.state, reverted=one.reverted)
    return f"{said}, by the rollout {one.rollout} that {one.actor} planned ({state})"


def state_of(found: PackStory | PackView, version: Version) -> str:
    """Return whether a version is withdrawn, and to whom it is on offer where."""
    if version.withdrawn_at:
        return f"withdrawn {version.withdrawn_at}"
    to_all = [name for name, offered in found.offered.items() if offered == version.version]
    said = [f"offered on {', '.join(to_all)}"] if to_all else []
    said += [
        f"offered to {'all' if one.to_all else 'some'} schools on {one.channel}: "
        f"{rollouts.on_channel(one)}"
        for one in found.staged
        if one.version == version.version
    ]
    return "; ".join(said) or "not offered"


def say_outline(found: Outline) -> None:
    """Say which lessons there are."""
    for number, lesson in enumerate(found.lessons, 1):
        title = text_in(lesson.title, found.languages)
        click.echo(f"{number:3}. {title}  ({lesson.lesson}, {megabytes(lesson.size)})")
        for item in lesson.items:
            click.echo(f"     {item.kind:9} {text_in(item.title, found.languages)}  ({item.item})")


def say_changes(found: Changes) -> None:
    """Say what changed, and what it costs."""
    for line in words_of(found.difference):
        click.echo(line)
    if found.difference.is_empty:
        click.echo("Nothing changed that a pupil could see.")
    older = found.difference.older
    if found.fetched:
        click.echo(f"A school that has {older} fetches {megabytes(found.fetched)} with the delta,")
        click.echo(f"{megabytes(found.without)} without.")
    else:
        click.echo(f"A school that has {older} fetches {megabytes(found.without)}.")
    click.echo(f"One that has nothing fetches {megabytes(found.whole)}.")


def say_retention(found: Plan, *, done: bool) -> None:
    """Say what stays and why, and what goes or went."""
    for line in found.stays:
        click.echo(f"stays  {line.pack} {line.version}  ({', '.join(line.why)})")
    for line in found.goes:
        click.echo(f"{'went ' if done else 'goes '}  {line.pack} {line.version}")
    verb = "went" if done else "would go"
    click.echo(f"{found.files} files {verb}, {megabytes(found.size)}.")
