"""`hub alerts`: see hub/CLI.md."""

from typing import TYPE_CHECKING

import click

from content_packs.command_line import json_option, print_json
from hub.options import hub_option, print_built, warn

if TYPE_CHECKING:
    from hub.hub import Hub

_LISTED = 200


@click.group()
def alerts() -> None:
    """See what is wrong and since when; say who is told."""


@alerts.command("list")
@hub_option
@click.option("--ended", is_flag=True, help="What has ended, the newest first.")
@json_option
def list_alerts(hub: "Hub", ended: bool, as_json: bool) -> None:
    """List what is wrong now."""
    from hub.alerts.keeping import listed
    from hub.alerts.sayings import in_english, subject
    from hub.clock import in_words
    from hub.people.actor import of_this_machine

    found = [in_english(one) for one in listed(hub, of_this_machine(), ended=ended, most=_LISTED)]
    if as_json:
        print_built({"alerts": found})
        return
    for alert in found:
        until = f" until {in_words(alert.until)}" if alert.until else ""
        words = f"  {alert.words}" if alert.words else ""
        click.echo(f"{alert.reason}  {subject(alert)}  since {in_words(alert.since)}{until}{words}")
    if not found:
        click.echo("Nothing has ended yet." if ended else "Nothing is wrong.")


@alerts.command("check")
@hub_option
@json_option
def check(hub: "Hub", as_json: bool) -> None:
    """Look now, and tell whom it concerns. `hub serve` does each minute."""
    from content_packs.diff import count_of
    from hub.alerts.sources import SOURCES
    from hub.alerts.watching import watch

    found = watch(hub, SOURCES)
    if as_json:
        print_built(found)
        return
    click.echo(f"{found.begun} new, {found.ended} ended, {count_of(found.told, 'route')} told.")
    warn(found.problems)


@alerts.command("routes")
@hub_option
@json_option
def list_routes(hub: "Hub", as_json: bool) -> None:
    """List who is told."""
    from hub.alerts.routes import listed
    from hub.people.actor import of_this_machine

    found = listed(hub, of_this_machine())
    if as_json:
        print_built({"routes": found})
        return
    for route in found:
        which = ", ".join(route.reasons) or "everything"
        click.echo(f"{route.id}  {route.kind}  {route.address}  {route.language}  {which}")
        if route.failures:
            click.echo(f"  failed {route.failures} times: {route.problem}")
    if not found:
        click.echo("Nobody is told: hub alerts tell --email ADDRESS, or --webhook URL")


@alerts.command("tell")
@hub_option
@click.option("--email", default="", help="A mail address.")
@click.option("--webhook", default="", help="A URL that is sent JSON, https.")
@click.option(
    "--language", type=click.Choice(["en", "zh"]), default="en", show_default=True,
    help="What they read.",
)  # fmt: skip
@click.option("--reason", "reasons", multiple=True, help="Only this; may come several times.")
@json_option
def add_route(  # noqa: PLR0913, PLR0917  # each is an option of the command
    hub: "Hub", email: str, webhook: str, language: str, reasons: tuple[str, ...], as_json: bool
) -> None:
    """Tell somebody from now on. Of a webhook the secret is shown, once."""
    import os

    from content_packs.errors import UsageError
    from hub.alerts.routes import add
    from hub.people.actor import of_this_machine

    if bool(email) == bool(webhook):
        raise UsageError("one of --email and --webhook is needed")
    made = add(
        hub,
        of_this_machine(),
        kind="email" if email else "webhook",
        address=email or webhook,
        language=language,
        reasons=reasons,
        randomness=os.urandom,
    )
    if as_json:
        print_built(made)
        return
    click.echo(f"{made.address} is told from now on. Try it: hub alerts try {made.id}")
    if made.secret:
        click.echo(
            f"Its messages are signed (HMAC-SHA-256, Satchel-Signature) with:\n  {made.secret}"
        )


@alerts.command("try")
@hub_option
@click.argument("route")
@json_option
def try_route(hub: "Hub", route: str, as_json: bool) -> None:
    """Send the route ROUTE a message that says that it is a test."""
    from hub.alerts.watching import try_out
    from hub.people.actor import of_this_machine

    try_out(hub, of_this_machine(), route)
    if as_json:
        print_json({"route": route, "sent": True})
        return
    click.echo("The test has been sent.")


@alerts.command("forget")
@hub_option
@click.argument("route")
@json_option
def remove_route(hub: "Hub", route: str, as_json: bool) -> None:
    """Tell the route ROUTE nothing more."""
    from hub.alerts.routes import remove
    from hub.people.actor import of_this_machine

    remove(hub, of_this_machine(), route)
    if as_json:
        print_json({"route": route, "removed": True})
        return
    click.echo("It is told nothing more.")


COMMANDS = (alerts,)
