"""What `sync-node enrol` says: how far it is, and what to do next."""

from typing import Any

import click

from sync_node.enrolling import Enrolled


def enrolled_json(found: Enrolled) -> dict[str, Any]:
    """Return it as an object."""
    credential = found.credential
    return {
        "state": found.state,
        "fingerprint": found.fingerprint,
        "node": credential.node if credential else "",
        "school": credential.school if credential else "",
        "school_title": credential.school_title if credential else "",
        "district": credential.district if credential else "",
        "before": found.before,
        "claim": found.claim,
    }


def say_enrolled(found: Enrolled) -> None:
    """Print it, with the next step."""
    for line in lines_of(found):
        click.echo(line)


def lines_of(found: Enrolled) -> list[str]:
    """Return it as lines for people."""
    if found.credential:
        who = found.credential
        school = who.school_title or who.school
        if found.before:
            return [
                f"This box is a node already: {who.node}, of {school}. Nothing was done.",
                "To give it a new key and enrol it anew: sync-node enrol CODE --again",
            ]
        return [
            f"Enrolled: this box is {who.node}, of {school}, district {who.district}.",
            "Next: sync-node sync, or nothing where `sync-node run` is at work.",
        ]
    if found.state == "carried":
        return [
            f"The claim is on the stick: {found.claim}",
            "Next: take the stick to the hub, then put it in here again when it comes back.",
        ]
    if found.state == "asked":
        return [
            "The engine is at work here, and asks the hub at once.",
            "Next: sync-node status shows how far it is.",
        ]
    return [
        "The hub knows the code. A person there has to confirm this box.",
        f"Next: read them the fingerprint {found.fingerprint}, on the phone for example. They see",
        "the same one. This box asks again by itself at each sync; `sync-node status` says more.",
    ]
