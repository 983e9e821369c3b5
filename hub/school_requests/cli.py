"""`hub requests` and `hub offers`: see hub/CLI.md."""

from typing import TYPE_CHECKING

import click

from content_packs.command_line import json_option
from hub.options import hub_option, print_built

if TYPE_CHECKING:
    from hub.hub import Hub
    from hub.school_requests.listing import Request

_school_option = click.option("--school", default="", help="Only of this school.")
_all_option = click.option(
    "--all", "everything", is_flag=True, help="Also what is answered, withdrawn, or has come."
)
_number_argument = click.argument("number", type=int)
_text_option = click.option("--text", default="", help="What the school reads, in one line.")


@click.group()
def requests() -> None:
    """See what schools' teachers wish for, and answer."""


@requests.command("list")
@hub_option
@_school_option
@_all_option
@json_option
def list_requests(hub: "Hub", school: str, everything: bool, as_json: bool) -> None:
    """List what is wished for, and what most schools wish for."""
    from hub.people.actor import of_this_machine
    from hub.school_requests.listing import wishes
    from hub.school_requests.sayings import say_wishes
    from hub.school_requests.wished import most_wished

    found, counts = wishes(hub, of_this_machine(), school=school, everything=everything)
    wished = most_wished(hub, of_this_machine(), school=school)
    if as_json:
        print_built(
            {"requests": found, "wished": wished, "packs": counts.packs, "schools": counts.schools}
        )
        return
    say_wishes(found, wished)


@requests.command("answer")
@hub_option
@_number_argument
@_text_option
@click.option("--pack", default="", help="The pack that answers it, once it is at the school.")
@click.option("--decline", is_flag=True, help="Say that it won't come.")
@json_option
def answer_request(  # noqa: PLR0913, PLR0917 - each is an option of the command
    hub: "Hub", number: int, text: str, pack: str, decline: bool, as_json: bool
) -> None:
    """Answer the request NUMBER. The school reads it after its next check-in or stick."""
    from hub.people.actor import of_this_machine
    from hub.school_requests.answering import answer

    found = answer(hub, of_this_machine(), number, declined=decline, text=text, pack=pack)
    _say(found, as_json=as_json)


@click.group()
def offers() -> None:
    """See what schools made and offer, get the files, and answer."""


@offers.command("list")
@hub_option
@_school_option
@_all_option
@json_option
def list_offers(hub: "Hub", school: str, everything: bool, as_json: bool) -> None:
    """List what is offered, how much has come, and where it lies."""
    from hub.people.actor import of_this_machine
    from hub.school_requests.listing import offers as run
    from hub.school_requests.sayings import say_offers

    found = run(hub, of_this_machine(), school=school, everything=everything)
    if as_json:
        print_built({"offers": found})
        return
    say_offers(found)


@offers.command("ask")
@hub_option
@_number_argument
@click.option("--not-any-more", is_flag=True, help="Don't ask for it any more.")
@json_option
def ask(hub: "Hub", number: int, not_any_more: bool, as_json: bool) -> None:
    """Ask the school for the file of the offer NUMBER. It comes in pieces, as its link allows."""
    from hub.people.actor import of_this_machine
    from hub.school_requests.answering import ask_for_file

    _say(
        ask_for_file(hub, of_this_machine(), number, wanted=not not_any_more),
        as_json=as_json,
    )


@offers.command("answer")
@hub_option
@_number_argument
@_text_option
@click.option("--decline", is_flag=True, help="Say that it isn't taken.")
@json_option
def answer_offer(hub: "Hub", number: int, text: str, decline: bool, as_json: bool) -> None:
    """Answer the offer NUMBER."""
    from hub.people.actor import of_this_machine
    from hub.school_requests.answering import answer

    _say(answer(hub, of_this_machine(), number, declined=decline, text=text), as_json=as_json)


def _say(found: "Request", *, as_json: bool) -> None:
    from hub.school_requests.sayings import line_of

    if as_json:
        print_built({"request": found})
        return
    click.echo(line_of(found))
    click.echo(f"{found.school} reads it after its next check-in, or from the next stick.")


COMMANDS: tuple[click.Command, ...] = (requests, offers)
