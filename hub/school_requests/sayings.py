"""Schools' requests in lines for people."""

from collections.abc import Sequence

import click

from content_packs.command_line import megabytes, plain
from hub.school_requests.keeping import WISH
from hub.school_requests.listing import Request
from hub.school_requests.wished import Wished


def say_wishes(found: Sequence[Request], wished: Sequence[Wished]) -> None:
    """Print wishes, and what is wished for most."""
    for each in found:
        click.echo(line_of(each))
    if not found:
        click.echo("No request waits for an answer.")
        return
    if wished:
        click.echo("\nWished for without an answer, by how many schools:")
    for one in wished:
        titles = one.lesson_title or one.pack_title
        called = titles.get("en") or next(iter(titles.values()), "")
        about = f"{one.pack} {one.lesson}".strip() + (f" ({called})" if called else "")
        click.echo(f"  {plain(about)}: {one.schools}")
    click.echo("\nAnswer one: hub requests answer NUMBER --text … [--pack NAME | --decline]")


def say_offers(found: Sequence[Request]) -> None:
    """Print offers."""
    for each in found:
        click.echo(line_of(each))
    if not found:
        click.echo("No offer waits for an answer.")
        return
    click.echo("\nHave a file sent: hub offers ask NUMBER")


def line_of(found: Request) -> str:
    """Return a request as a line."""
    parts = [f"{found.number}", found.asked_at[:10], found.school]
    if found.what == WISH:
        about = f"{found.pack} {found.lesson}".strip()
        parts += [about] if about else []
        parts += [found.text] if found.text else []
    else:
        parts += [found.text, f"{found.kind}, {megabytes(found.size)}"]
    if found.file:
        parts.append(_file(found))
    if found.answer:
        parts.append(f"{found.answer}: {found.answer_text or found.answer_pack}".rstrip(": "))
    if found.state != "open":
        parts.append({"here": "it has come", "withdrawn": "withdrawn"}[found.state])
    return plain("  ".join(parts))


def _file(found: Request) -> str:
    if found.file == "asked" and found.file_bytes:
        return f"file: {found.file_bytes * 100 // found.size} % has come"
    return {
        "asked": "file: asked for",
        "arrived": "file: has come",
        "whole": f"file: {found.place}",
        "damaged": "file: came damaged, ask again",
    }[found.file]
