"""What the commands about keys say, in words. It loads none of what does the work."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hub.keyring.installing import Installed
    from hub.keyring.listing import KeyView
    from hub.keyring.making import MadeKey
    from hub.keyring.offline import Draft
    from hub.keyring.rotating import Rotated
    from hub.keyring.trust_root import TrustRoot

_DIGITS = 16  # of a keyid, for people
_PLACES = {
    "encrypted": "here, encrypted",
    "open": "here, NOT ENCRYPTED",
    "offline": "offline",
}
_AFTER_REVOKING = {
    "timestamp": "Whoever has the old key can hold back news from nodes that haven't heard of the "
    "new root; no more.",
    "snapshot": "Whoever has the old key can't do anything with it alone.",
    "targets": "Whoever has the old key can name channels of their own to nodes that haven't heard "
    "of the new root. Let nodes sync soon.",
    "service": "Until nodes have synced, whoever has the old key can tell them what to hold, and "
    "that time has passed. Then they refuse what it signed, and get their documents signed anew at "
    "their next check-in.",
    "seal": "What was sealed to the old key and caught on its way can be read by whoever has it. "
    "Nodes seal to the new one once they have synced. The old private half stays here: batches "
    "sealed to it still come.",
    "escrow": "What was sealed to the old key can be read by whoever has it.",
    "status": "Nodes that have synced take no list that the old key signed.",
}
_OF_A_CHANNEL = (
    "Nodes that have synced take nothing that the old key signed. If it was stolen, look at what "
    "the channel offers (hub channels), and sign it anew by releasing."
)


def say_keys(keys: "list[KeyView]") -> None:
    """Print the keys, a line each."""
    wide = max(len(key.role) for key in keys)
    for key in keys:
        since = f"  since {key.since}" if key.since else ""
        expires = f"  signs until {key.expires}, again from {key.due}" if key.expires else ""
        click.echo(
            f"{key.role:{wide}}  {key.keyid[:_DIGITS]}  {_PLACES[key.place]}{since}{expires}"
        )


def say_made(keys: "tuple[MadeKey, ...]", *, following: str) -> None:
    """Print which keys were made, and what to do with them."""
    for key in keys:
        state = "" if key.encrypted else "  (not encrypted)"
        click.echo(f"{key.private}  keyid {key.keyid[:_DIGITS]}{state}")
    click.echo(following)


def say_draft(draft: "Draft") -> None:
    """Print what a draft says, for whoever signs it."""
    click.echo(f"{draft.role} {draft.version}, until {draft.expires}")
    for role, keyids in draft.keys.items():
        click.echo(f"  {role}: {', '.join(keyid[:_DIGITS] for keyid in keyids) or 'none'}")
    signed = ", ".join(keyid[:_DIGITS] for keyid in draft.signed_by) or "nobody yet"
    click.echo(f"signed by {signed}\nwhat is signed: {draft.content}")


def say_installed(installed: "Installed") -> None:
    """Print what is in force now, and what to do."""
    name = f"{installed.role} {installed.version}"
    if installed.already:
        click.echo(f"{name} is in force already; nothing was done.")
    else:
        click.echo(f"{name} is in force. Nodes take it at their next sync.")
    if installed.lapsed:
        click.echo(
            f"Nodes refuse this hub until these are signed anew: {', '.join(installed.lapsed)}. "
            "Bring their keys, then run: hub refresh",
            err=True,
        )
    elif installed.role == "root":
        click.echo(
            "Flash new nodes with it: hub keys export-trust FILE.\n"
            "Root keys that it doesn't name count for nothing now: destroy them, also those on "
            "this machine (hub keys list, hub status)."
        )


def say_rotated(rotated: "Rotated") -> None:
    """Print what became of a role's keys, and what to do next."""
    role = rotated.role
    before = ", ".join(keyid[:_DIGITS] for keyid in rotated.before) or "none"
    after = ", ".join(keyid[:_DIGITS] for keyid in rotated.after) or "none"
    afterwards = _AFTER_REVOKING.get(role, _OF_A_CHANNEL)
    if rotated.needs:
        _say_needs(rotated, after)
        if rotated.revoked:
            click.echo(f"After that: {afterwards}")
        return
    click.echo(f"{role}: was {before}, is {after} from now on. Nodes follow at their next sync.")
    if rotated.revoked:
        click.echo(afterwards)
    click.echo("Back up the folder keys/ now.")


def _say_needs(rotated: "Rotated", after: str) -> None:
    role, needs = rotated.role, rotated.needs
    more = ""
    if needs == "targets" and role == "escrow":
        more = " --public ESCROW.pub" if not rotated.revoked else " --drop KEYID"
    elif needs == "targets" and role == "service" and rotated.revoked:
        more = "".join(f" --drop {keyid[:_DIGITS]}" for keyid in rotated.before)
    keys = "two of root's keys" if needs == "root" else "the targets key"
    draft = f"{needs}-draft.json"
    click.echo(
        f"{role}: a new key waits ({after}); the old one counts until {needs} is signed anew.\n"
        "Next:\n"
        f"  1. here:                hub keys export-unsigned {needs} {draft}{more}\n"
        f"  2. where the keys are:  hub keys sign {draft} --key KEYFILE   ({keys})\n"
        f"  3. here:                hub keys install {draft}"
    )


def say_trust(found: "TrustRoot", *, checked: bool) -> None:
    """Print which root of trust a file holds."""
    click.echo(f"{found.file}: root {found.version}, until {found.expires}\n{found.digest}")
    if checked and found.version < found.newest:
        click.echo(
            f"It leads to root {found.newest}, which is in force: nodes with it go on. Flash new "
            "ones with the newest."
        )
