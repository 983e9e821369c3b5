"""`hub seeds`, `hub cards`, `hub sign-image`: see hub/CLI.md."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from content_packs.command_line import json_option, megabytes, print_json
from hub.cards.limits import CARDS_SHOWN, WIFI_NAME_DEFAULT
from hub.fleet.limits import CODE_DAYS
from hub.options import hub_option, print_built, warn

if TYPE_CHECKING:
    from hub.cards.listing import Card
    from hub.hub import Hub
    from hub.people.actor import Actor

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
@hub_option
@click.argument("names", metavar="[SCHOOL]...", nargs=-1)
@click.option("--filter", "query", default="", help="Also these schools, as in hub schools list.")
@click.option("--output", type=_FOLDER, required=True, help="Write them into this folder.")
@click.option(
    "--wifi-name",
    default=WIFI_NAME_DEFAULT,
    show_default=True,
    help="The Wi-Fi's name; {title} and {school} stand for the school's.",
)
@click.option("--wifi-passphrase", default="", help="The same for all.  [default: open]")
@click.option("--wifi-passphrase-file", type=_FILE, help="Its first line, for all.")
@click.option("--new-passphrases", is_flag=True, help="A new one for each school.")
@click.option("--country", default="", help="Of the Wi-Fi's channels, such as CN.")
@click.option("--mode", type=click.Choice(["built-in", "access-points"]), default="built-in",
              show_default=True, help="Who carries the Wi-Fi: the box's own radio, for few phones, "
              "or access points on its Ethernet, for a class.")  # fmt: skip
@click.option("--no-captive", is_flag=True, help="Phones that join aren't shown the site.")
@click.option("--channel", "channels", multiple=True, help="To follow.  [default: main, system]")
@click.option("--hub", "hubs", multiple=True, help="Its address.  [default: public_address]")
@click.option("--authority", default="", help="Its certificate: a PEM file, or sha256:HEX.")
@click.option("--metered", is_flag=True, help="Bytes to the hub cost money: only text at first.")
@click.option("--node", default="", help="For a box that takes the place of this node.")
@click.option("--language", type=click.Choice(["en", "zh"]), help="Of the labels.  [default: both]")
@click.option("--time-zone", default="", help="Of the school.  [default: the hub's]")
@click.option("--days", type=int, default=CODE_DAYS, show_default=True, help="Good for so long.")
@json_option
def seeds(  # noqa: PLR0913, PLR0917  # each is an option of the command
    hub: "Hub",
    names: tuple[str, ...],
    query: str,
    output: Path,
    wifi_passphrase: str,
    wifi_passphrase_file: Path | None,
    no_captive: bool,
    authority: str,
    language: str | None,
    as_json: bool,
    **said: Any,
) -> None:
    """Make the seeds of schools' cards, for sync-node flash. Each is shown once."""
    import os

    from hub.cards import folder, seeding
    from hub.people.actor import of_this_machine

    actor = of_this_machine()
    wanted = seeding.Wanted(
        wifi_passphrase=_passphrase(wifi_passphrase, wifi_passphrase_file),
        captive=not no_captive,
        authority=seeding.authority_of(authority),
        language=language or "",  # type: ignore[arg-type]  # one of click's choices
        **said,
    )
    folder.check(output)  # seeds that nobody can read are of no use
    made = seeding.make(
        hub, actor, _schools(hub, actor, names, query), wanted, randomness=os.urandom
    )
    folder.write(output, made, title=hub.config.title)
    if as_json:
        shown = [(one.seed.card, one.seed.school, one.file, one.digest) for one in made]
        keys = ("card", "school", "file", "digest")
        found = [dict(zip(keys, one, strict=True)) for one in shown]
        print_json({"folder": str(output), "fingerprint": made[0].fingerprint, "seeds": found})
        return
    click.echo(f"{output}: {len(made)} seeds, {folder.CARDS} and {folder.SHEET}.")
    click.echo(f"The fingerprint that the laptop has to show: {made[0].fingerprint}")
    click.echo("Whoever has these files can be those schools' boxes: remove them afterwards.")
    if any(one.address.startswith("https:") and not one.authority for one in made[0].seed.hubs):
        warn([_NO_AUTHORITY])


def _passphrase(said: str, file: Path | None) -> str:
    """Return the Wi-Fi's passphrase, as it was said or from a file; empty where there is none.

    What is said stands in the list of this machine's processes, and in the shell's history.
    """
    from content_packs.errors import InvalidContent, UsageError
    from content_packs.key_files import read_bounded

    if file is None:
        return said
    if said:
        raise UsageError("either --wifi-passphrase or --wifi-passphrase-file")
    lines = read_bounded(file).splitlines()
    if not lines or not lines[0]:
        raise InvalidContent(
            f"{file}: its first line is empty, expected the Wi-Fi's passphrase",
            hint="Leave the option away for a Wi-Fi that is open to all.",
        )
    try:
        return lines[0].decode("ascii")
    except UnicodeDecodeError as error:
        raise InvalidContent(f"{file}: a passphrase of a Wi-Fi is ASCII alone") from error


def _schools(hub: "Hub", actor: "Actor", names: Sequence[str], query: str) -> list[str]:
    """Return the schools that are named, then those that a filter finds."""
    from content_packs.errors import Missing
    from hub.fleet.limits import LISTED_MAX
    from hub.fleet.listing import find
    from hub.whole_lists import whole

    if not query:
        return list(names)
    first = find(hub, actor, query, sort="school", limit=LISTED_MAX)
    rows = whole(
        first, lambda last: find(hub, actor, query, sort="school", after=last, limit=LISTED_MAX)
    )
    found = list(dict.fromkeys((*names, *(row.school for row in rows))))
    if not found:
        raise Missing(f"no school is such: {query}", hint="See: hub schools list --query")
    return found


_NO_AUTHORITY = (
    "without --authority boxes get to this hub only if its certificate is a public authority's, "
    "such as Let's Encrypt's"
)


@click.group()
def cards() -> None:
    """List cards of schools; take in laptops' receipts."""


@cards.command("take")
@hub_option
@click.argument("file", metavar="RECEIPTS", type=_FILE)
@json_option
@click.pass_context
def take(context: click.Context, hub: "Hub", file: Path, as_json: bool) -> None:
    """Take in the receipts that sync-node flash wrote. Ends with 3 where some were refused."""
    from content_packs.errors import InvalidContent
    from content_packs.key_files import read_bounded
    from content_packs.limits import CARD_RECEIPTS_BYTES_MAX
    from hub.cards.receiving import take as run
    from hub.people.actor import of_this_machine

    data = read_bounded(file, CARD_RECEIPTS_BYTES_MAX)
    done = run(hub, of_this_machine(), data, what=str(file))
    if as_json:
        print_built(done)
    else:
        click.echo(f"{file}: {done.new} new, {done.known} known.")
        warn(done.refused_shown)
    context.exit(InvalidContent.exit_code if done.refused else 0)


@cards.command("list")
@hub_option
@click.argument("school", default="")
@click.option("--after", default="", help="Those made before this card.")
@json_option
def list_cards(hub: "Hub", school: str, after: str, as_json: bool) -> None:
    """List cards, the newest first. Of SCHOOL, or all."""
    from hub.cards.listing import find
    from hub.people.actor import of_this_machine

    page = find(hub, of_this_machine(), school=school, after=after)
    if as_json:
        print_built({"cards": page.items, "next": page.next})
        return
    for card in page.items:
        click.echo(_line(card))
    if not page.items:
        click.echo("No card was made.")
    if page.next:
        click.echo(f"The first {CARDS_SHOWN}. More: --after {page.next}", err=True)


def _line(card: "Card") -> str:
    receipt = card.receipts[0] if card.receipts else None
    words = [f"{card.card:6}  {card.school:24}  {card.state:9}  made {card.made_at[:10]}"]
    if card.box:
        words.append(f"is {card.box}")
    elif card.node:
        words.append(f"replaces {card.node}")
    if receipt:
        words.append(f"system {receipt.system}, {megabytes(receipt.device_size)}")
        words.append(receipt.trouble)
    return "  ".join(filter(None, words))


@click.command("sign-image")
@hub_option
@click.argument("map_file", metavar="MAP", type=_FILE)
@json_option
def sign_image(hub: "Hub", map_file: Path, as_json: bool) -> None:
    """Sign the MAP of an image, for sync-node flash."""
    from hub.cards import image_signing
    from hub.people.actor import of_this_machine

    signed = image_signing.sign(hub, of_this_machine(), map_file)
    if as_json:
        print_json({"path": str(signed.path), "digest": signed.digest})
        return
    click.echo(f"{signed.path}: laptops with seeds of this hub take the image by it.")
    click.echo(f"For other laptops, the digest of the map: {signed.digest}")


COMMANDS: tuple[click.Command, ...] = (seeds, cards, sign_image)
