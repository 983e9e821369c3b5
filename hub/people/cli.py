"""`hub people` and `hub tokens`: see hub/CLI.md."""

from typing import TYPE_CHECKING

import click

from content_packs.command_line import json_option, print_json
from hub.options import hub_option, print_built
from hub.people.limits import TOKEN_DAYS, TOKEN_DAYS_MAX
from hub.people.rights import ROLES, Right

if TYPE_CHECKING:
    from hub.hub import Hub
    from hub.people.directory import Link, Person, Terms
    from hub.people.tokens import Token

_login_argument = click.argument("login")
_name_option = click.option("--name", default="", help="Their name, as people say it.")
_township_option = click.option(
    "--township", "townships", multiple=True, help="An operator's; may be given several times."
)
_publisher_option = click.option(
    "--publisher", default="", help="The name that a publisher's packs are published under."
)


@click.group()
def people() -> None:
    """See and change who works at this hub."""


@people.command("list")
@hub_option
@json_option
def list_people(hub: "Hub", as_json: bool) -> None:
    """List everybody."""
    from hub.people import directory
    from hub.people.actor import of_this_machine

    found = directory.people(hub, of_this_machine())
    if as_json:
        print_built({"people": found})
        return
    for one in found:
        click.echo(_line(one))
    if not found:
        click.echo("Nobody yet: hub people add LOGIN --role administrator")


@people.command("show")
@hub_option
@_login_argument
@json_option
def show_person(hub: "Hub", login: str, as_json: bool) -> None:
    """Show one of them."""
    from hub.people import directory
    from hub.people.actor import of_this_machine

    found = directory.person(hub, of_this_machine(), login)
    if as_json:
        print_built({"person": found})
        return
    click.echo(_line(found))


@people.command("add")
@hub_option
@_login_argument
@click.option("--role", type=click.Choice(ROLES), required=True, help="What they are.")
@_name_option
@_township_option
@_publisher_option
@json_option
def add_person(  # noqa: PLR0913, PLR0917 - each is an option of the command
    hub: "Hub",
    login: str,
    role: str,
    name: str,
    townships: tuple[str, ...],
    publisher: str,
    as_json: bool,
) -> None:
    """Add LOGIN, and print a link by which they set their password."""
    import secrets

    from hub.people import directory
    from hub.people.actor import of_this_machine

    terms = directory.Terms(role, townships, publisher)
    found, link = directory.add(
        hub, of_this_machine(), login, name, terms, randomness=secrets.token_bytes
    )
    if as_json:
        print_built({"person": found, "link": _built(hub, link)})
        return
    click.echo(f"{found.login} is added.")
    _say_link(hub, link)


@people.command("set")
@hub_option
@_login_argument
@click.option("--role", type=click.Choice(ROLES), help="What they are from now on.")
@_name_option
@_township_option
@_publisher_option
@json_option
def set_person(  # noqa: PLR0913, PLR0917 - each is an option of the command
    hub: "Hub",
    login: str,
    role: str | None,
    name: str,
    townships: tuple[str, ...],
    publisher: str,
    as_json: bool,
) -> None:
    """Give LOGIN another role, townships, publisher or name."""
    from hub.people import directory
    from hub.people.actor import of_this_machine

    before = directory.person(hub, of_this_machine(), login)
    terms = _changed(before, role, townships, publisher)
    found = directory.change(hub, of_this_machine(), login, terms, name=name)
    if as_json:
        print_built({"person": found})
        return
    click.echo(_line(found))


@people.command("disable")
@hub_option
@_login_argument
@json_option
def disable_person(hub: "Hub", login: str, as_json: bool) -> None:
    """Let LOGIN in no more: sessions and tokens end at once."""
    from hub.people import directory
    from hub.people.actor import of_this_machine

    done = directory.disable(hub, of_this_machine(), login)
    if as_json:
        print_json({"login": login, "disabled": done})
        return
    click.echo(f"{login} is let in no more." if done else f"{login} was disabled already.")


@people.command("enable")
@hub_option
@_login_argument
@json_option
def enable_person(hub: "Hub", login: str, as_json: bool) -> None:
    """Let LOGIN in again, by the password of before."""
    from hub.people import directory
    from hub.people.actor import of_this_machine

    done = directory.enable(hub, of_this_machine(), login)
    if as_json:
        print_json({"login": login, "enabled": done})
        return
    click.echo(f"{login} may sign in again." if done else f"{login} wasn't disabled.")


@people.command("reset")
@hub_option
@_login_argument
@click.option("--second-step", is_flag=True, help="Ask for no code any more, either.")
@json_option
def reset_person(hub: "Hub", login: str, second_step: bool, as_json: bool) -> None:
    """Take LOGIN's password away, and print a link to set another."""
    import secrets

    from hub.people import directory
    from hub.people.actor import of_this_machine

    link = directory.reset(
        hub, of_this_machine(), login, second_step=second_step, randomness=secrets.token_bytes
    )
    if as_json:
        print_built({"link": _built(hub, link)})
        return
    _say_link(hub, link)


@click.group()
def tokens() -> None:
    """See, make and revoke the tokens of people's programs."""


@tokens.command("list")
@hub_option
@click.option("--login", default="", help="Only theirs.")
@json_option
def list_tokens(hub: "Hub", login: str, as_json: bool) -> None:
    """List them: also those that are good no more."""
    from hub.people import tokens as of_hub
    from hub.people.actor import of_this_machine

    found = of_hub.tokens(hub, of_this_machine(), login)
    if as_json:
        print_built({"tokens": found})
        return
    for one in found:
        click.echo(_token_line(one))
    if not found:
        click.echo("There are none.")


@tokens.command("make")
@hub_option
@_login_argument
@click.option("--name", required=True, help="What it is for.")
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice([right.value for right in Right]),
    help="A right that it is limited to; may be given several times.",
)  # fmt: skip
@click.option(
    "--days", type=click.IntRange(1, TOKEN_DAYS_MAX), default=TOKEN_DAYS, show_default=True,
    help="How long it is good.",
)  # fmt: skip
@json_option
def make_token(  # noqa: PLR0913, PLR0917 - each is an option of the command
    hub: "Hub", login: str, name: str, scopes: tuple[str, ...], days: int, as_json: bool
) -> None:
    """Make a token for LOGIN's programs, and print it. It can't be shown again."""
    import secrets

    from hub.people import tokens as of_hub
    from hub.people.actor import of_this_machine

    made = of_hub.make(
        hub, of_this_machine(), login, name=name, scopes=scopes, days=days,
        randomness=secrets.token_bytes,
    )  # fmt: skip
    if as_json:
        print_built({"token": made.token, "secret": made.secret})
        return
    click.echo(made.secret)
    click.echo(f"Good until {made.token.expires_at}. It is shown now and never again.", err=True)


@tokens.command("revoke")
@hub_option
@click.argument("token")
@json_option
def revoke_token(hub: "Hub", token: str, as_json: bool) -> None:
    """Let TOKEN, by its id, be good no more."""
    from hub.people import tokens as of_hub
    from hub.people.actor import of_this_machine

    done = of_hub.revoke(hub, of_this_machine(), token)
    if as_json:
        print_json({"token": token, "revoked": done})
        return
    click.echo("It is good no more." if done else "It was revoked already.")


def _changed(
    before: "Person", role: str | None, townships: tuple[str, ...], publisher: str
) -> "Terms":
    """Return what somebody is to be: as before, where nothing else is said and the role fits."""
    from hub.people.directory import Terms

    new = role or before.role
    kept = new == before.role
    return Terms(
        new,
        townships or (before.townships if kept else ()),
        publisher or (before.publisher if kept else ""),
    )


def _line(one: "Person") -> str:
    of_what = ", ".join(one.townships) or one.publisher
    state = "disabled" if one.disabled_at else "" if one.ready else "no password yet"
    step = "second step" if one.second_step else ""
    return "  ".join(filter(None, (one.login, one.role, of_what, one.name, state, step)))


def _token_line(one: "Token") -> str:
    may = ", ".join(one.scopes) or "all that they may"
    state = f"revoked {one.revoked_at}" if one.revoked_at else f"until {one.expires_at}"
    used = f"last used {one.used_on}" if one.used_on else "never used"
    return f"{one.id}  {one.login}  {one.name}  {may}  {state}  {used}"


def _built(hub: "Hub", link: "Link") -> dict[str, str]:
    return {"login": link.login, "address": _address(hub, link), "expires_at": link.expires_at}


def _address(hub: "Hub", link: "Link") -> str:
    """Return where the link leads, as far as hub.toml knows how people reach the console."""
    config = hub.config
    host = f"[{config.host}]" if ":" in config.host else config.host
    base = config.public_address.rstrip("/") or f"http://{host}:{config.port}"
    return base + link.place


def _say_link(hub: "Hub", link: "Link") -> None:
    click.echo("\nThis link sets their password, once. Give it to nobody else:")
    click.echo(f"  {_address(hub, link)}")
    click.echo(f"Good until {link.expires_at}. It is shown now and never again.")
    if not hub.config.public_address:
        click.echo("If they reach this hub by another address, put it in place of the beginning.")


COMMANDS: tuple[click.Command, ...] = (people, tokens)
