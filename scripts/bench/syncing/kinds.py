"""What we take for each kind of change by itself: a hub and a node at version 1, for each anew."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from scripts.bench.syncing import optimum, trees, update
from scripts.bench.syncing.bringing import case_of, over_link
from scripts.bench.syncing.course import PACK
from scripts.bench.syncing.ours import Hub, Node, Satchel
from scripts.bench.syncing.report import Case
from scripts.bench.syncing.using import Used, run
from scripts.bench.syncing.versions import FILMS, Versions
from scripts.bench.syncing.wire import Link
from scripts.demonstration import programs


def kinds_of_change(place: Path, versions: Versions, say: Callable[[str], None]) -> Iterator[Case]:
    """Yield a case for each kind of change."""
    hub, node = Hub(place / "begun", versions), Node(place / "begun" / "node")
    hub.publish(1)
    server = hub.serve()
    link = Link(server.port, 0)
    try:
        node.follow(link.address, hub.root)
        node.sync()
    finally:
        link.close()
        server.close()
    for kind in update.KINDS:
        say(f"By itself: {kind}")
        with tempfile.TemporaryDirectory(dir=place) as there:
            yield _alone(kind, Path(there), versions, hub, node)


def _alone(kind: str, place: Path, versions: Versions, begun: Hub, before: Node) -> Case:
    folder, cpack = place / "changed", place / "changed.cpack"
    update.update(versions.folder(1), folder, 2, versions.scale, FILMS, kind)
    run(*programs.command("content-packs", "build", folder, "--output", cpack))
    run(*programs.command("content-packs", "extract", cpack, place / "tree"))
    tree, old = trees.look(place / "tree"), versions.tree(1)
    hub, node = Hub(place, versions, begun), before.copy(place / "node")

    def fetch(link: Link) -> Used:
        node.follow(link.address, hub.root)
        used = node.sync()
        node.check(tree, PACK, 2)
        return used

    published = hub.publish_folder(folder)
    row = over_link(kind, name=Satchel.name, serve=hub.serve, fetch=fetch, published=published)
    return case_of(kind, tree, old, optimum.of(tree, old), [row])
