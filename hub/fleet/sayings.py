"""What the commands about the fleet say, in words. It loads none of what does the work."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from content_packs.command_line import megabytes, plain

if TYPE_CHECKING:
    from content_packs.reports import Report
    from hub.fleet.desired import Applying
    from hub.fleet.nodes import Key, Node
    from hub.fleet.reports import KeptReport

_STATES = {
    "pending": "waits to be confirmed",
    "valid": "enrolled",
    "revoked": "REVOKED",
    "refused": "turned away",
    "none": "no key",
}


def say_nodes(nodes: "Sequence[Node]") -> None:
    """Print nodes, a line each, and the fingerprints that wait."""
    for node in nodes:
        heard = f"heard {node.last_heard}" if node.last_heard else "never heard"
        groups = f"  [{', '.join(node.groups)}]" if node.groups else ""
        click.echo(f"{node.node}  {_STATES[node.state]}  {heard}{groups}")
        for key in node.keys:
            if key.state == "pending":
                click.echo(f"  waits: {key.fingerprint}  {_hardware(key)}")
                click.echo(f"  if the box shows the same: hub nodes confirm {node.node}")
        if node.alarm:
            click.echo(f"  ALARM {node.alarm_at}: {node.alarm}")
    if not nodes:
        click.echo("None. Make a code for a school's box: hub enrol-codes SCHOOL")


def say_node(node: "Node", reports: "Sequence[KeptReport]") -> None:
    """Print all that is known of a node."""
    say_nodes([node])
    click.echo(f"  school {node.school}, district {node.district}, credential {node.serial}")
    if node.revoked_at:
        click.echo(f"  revoked {node.revoked_at}")
    for key in node.keys:
        decided = f", since {key.decided_at}" if key.decided_at else ""
        click.echo(f"  key {key.fingerprint}: {_STATES[key.state]}{decided}")
        click.echo(
            f"    claimed {key.claimed_at} from {key.origin or 'here'}; {_hardware(key)}; "
            f"requests up to {key.sequence}, batches {key.batches}"
        )
    if reports:
        click.echo(f"  newest report, by {reports[0].by}, taken in {reports[0].taken_at}:")
        _say_report(reports[0].report)


def say_desired(found: "Applying | None") -> None:
    """Print a desired state."""
    if found is None:
        click.echo("Nothing was set: hub desired set FILE.toml --node NODE (or --group GROUP)")
        return
    click.echo(f"desired state {found.number} of {found.issued_at}:")
    for name, value in found.settings.items():
        click.echo(f"  {name} = {json.dumps(value, ensure_ascii=False)}")
    if not found.settings:
        click.echo("  nothing: left to others")


def _hardware(key: "Key") -> str:
    """Return what a box said of itself when it claimed."""
    return plain(f"{key.model or 'a box'}, serial {key.serial_number or 'unknown'}")


def _say_report(report: "Report") -> None:
    click.echo(
        f"    {report.at:%Y-%m-%d %H:%M} UTC, Satchel {plain(report.versions.satchel)}, "
        f"{megabytes(report.disk.free)} of {megabytes(report.disk.total)} free"
    )
    if slots := report.slots:
        words = f"    system {slots.version} runs, in slot {slots.slot}"
        words += f"; {slots.ready} is ready" if slots.ready else ""
        words += f"; {', '.join(map(str, slots.failed))} didn't serve" if slots.failed else ""
        click.echo(words + (f"; {plain(slots.trouble)}" if slots.trouble else ""))
    for pack in report.packs:
        total = "?" if pack.lessons_total is None else pack.lessons_total
        click.echo(f"    {pack.pack}: {pack.lessons_ready} of {total} lessons ready")
    for trouble in report.troubles:
        click.echo(f"    trouble {trouble.code}: {plain(trouble.text)}")
