"""What is used, in lines for people."""

import click

from content_packs.command_line import plain
from hub.use.limits import FEW_PUPILS
from hub.use.showing import Tally, Use, UseOfPack


def say(found: Use) -> None:
    """Print what is used of each pack, then in each township."""
    if not found.month:
        click.echo("No school has sent any records yet.")
        return
    click.echo(f"{found.month}: {in_words(found.all)}")
    for pack in found.packs:
        click.echo(plain(f"  {pack.pack}: {in_words(pack.tally)}"))
    for each in found.townships:
        name = each.township or "no township"
        words = in_words(each.tally)
        click.echo(plain(f"  in {name}, {_schools(each.schools_in_all)} in all: {words}"))


def say_pack(found: UseOfPack) -> None:
    """Print what is used of each lesson, then in each township."""
    if not found.month:
        click.echo("No school has sent any records yet.")
        return
    click.echo(plain(f"{found.pack}, {found.month}: {in_words(found.all)}"))
    for lesson in found.lessons:
        click.echo(plain(f"  {lesson.lesson}: {in_words(lesson.tally)}"))
    for each in found.townships:
        click.echo(plain(f"  in {each.township or 'no township'}: {in_words(each.tally)}"))


def in_words(tally: Tally) -> str:
    """Return a tally as a line."""
    if not tally.schools:
        return "not used"
    if tally.is_few:
        return f"fewer than {FEW_PUPILS} pupils, in {_schools(tally.schools)}"
    words = f"{tally.pupils:,} pupils in {_schools(tally.schools)}, {tally.opened:,} times opened"
    if tally.done:
        words += f", {tally.done:,} lessons done"
    if tally.answers:
        words += f", {tally.answers:,} answers, {tally.correct:,} of them right"
    return words


def _schools(count: int) -> str:
    return "1 school" if count == 1 else f"{count:,} schools"
