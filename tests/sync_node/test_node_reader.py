"""What the site reads of node.db, whatever becomes of the disk."""

from pathlib import Path

from sync_node.lan.app import create_app
from sync_node.node_reader import NodeReader
from tests.support.nodes import Node, publish
from tests.support.repositories import Repository


def test_a_box_that_starts_on_a_full_or_read_only_disk_shows_what_it_has(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    """SQLite makes two files beside a database in WAL mode, and reads nothing where it can't."""
    repository.offer("main", publish(repository, tmp_path))
    node.sync_well()
    in_the_way = node.root / "node.db-shm"
    in_the_way.symlink_to("nowhere")
    site = create_app(node.data_dir).test_client()
    for address in ("/", "/packs/demo", "/packs/demo/one/intro", "/box"):
        assert site.get(address).status_code == 200, address
    reader = NodeReader(node.data_dir)
    assert [pack.active.keys() for pack in reader.packs()] == [{"one", "two"}]
    in_the_way.unlink()
    repository.offer("main", publish(repository, tmp_path, 1, version=2, seeds={"one": 5}))
    node.sync_well()
    (pack,) = reader.packs()
    assert {one.version for one in pack.active.values()} == {2}, "it is read as ever again"
