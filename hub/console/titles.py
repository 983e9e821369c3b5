"""What people call packs and schools, for pages that know them by name: one short query each.

A page asks only for what its service let its reader see; names that nobody titled stay names.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Flask, g

from content_packs.manifest import text_in
from hub.console.language import interface_language
from hub.fleet.tables import NodeRow, SchoolRow
from hub.hub import Hub
from hub.models import VersionRow


@dataclass(frozen=True)
class Called:
    """A school, as people know it: its title, or its name; its township, empty for none."""

    school: str
    title: str
    township: str


def set_up(app: Flask, hub: Hub) -> None:
    """Give the templates `pack_title`, `schools_called` and `schools_of_boxes`."""
    app.jinja_env.globals.update(
        pack_title=lambda pack: pack_title(hub, pack),
        schools_called=lambda schools: schools_called(hub, schools),
        schools_of_boxes=lambda nodes: schools_of_boxes(hub, nodes),
    )


def pack_title(hub: Hub, pack: str) -> str:
    """Return the title of a pack's newest version in the reader's language, or its name."""
    known: dict[str, str] = g.setdefault("pack_titles", {})
    if pack not in known:
        of_pack = VersionRow.select(VersionRow.title).where(VersionRow.pack == pack)
        with hub.database.transaction():
            row = of_pack.order_by(VersionRow.version.desc()).first()
        known[pack] = (row and text_in(row.title, (interface_language(),))) or pack
    return known[pack]


def schools_called(hub: Hub, schools: Iterable[str]) -> dict[str, Called]:
    """Return how schools are called, by name."""
    rows = SchoolRow.select(SchoolRow.school, SchoolRow.title, SchoolRow.township)
    with hub.database.transaction():
        found: Any = list(rows.where(SchoolRow.school << sorted(set(schools))))
    return {row.school: Called(row.school, row.title or row.school, row.township) for row in found}


def schools_of_boxes(hub: Hub, nodes: Iterable[str]) -> dict[str, Called]:
    """Return how the schools of boxes are called, by the box's name."""
    with hub.database.transaction():
        of_node = {
            str(row.node): str(row.school)
            for row in NodeRow.select(NodeRow.node, NodeRow.school).where(
                NodeRow.node << sorted(set(nodes))
            )
        }
    schools = schools_called(hub, of_node.values())
    return {node: schools[school] for node, school in of_node.items() if school in schools}
