"""Rows by their keys are those that peewee writes and reads."""

import peewee
import pytest

from hub import rows
from hub.fleet.tables import NodeKeyRow, NodeRow, SchoolRow
from hub.hub import Hub
from hub.models import VersionRow
from hub.people.tables import TryRow

pytestmark = pytest.mark.both_databases


def test_a_row_is_read_as_peewee_reads_it(filled: Hub) -> None:
    with filled.database.transaction():
        found = rows.get(VersionRow, pack="demo", version=2)
        meant = VersionRow.get((VersionRow.pack == "demo") & (VersionRow.version == 2))
        assert found.__data__ == meant.__data__
        assert isinstance(found.title, dict)
        assert rows.one(VersionRow, pack="demo", version=9) is None
        with pytest.raises(peewee.DoesNotExist):
            rows.get(VersionRow, pack="none", version=1)


def test_a_row_is_changed(hub: Hub) -> None:
    with hub.database.writing():
        SchoolRow.create(school="qamdo", district="east", added_at="x")
        NodeRow.create(node="qamdo-1", school="qamdo", added_at="x", groups=["a"])
        NodeRow.create(node="qamdo-2", school="qamdo", added_at="x", groups=["a"])
        key = dict.fromkeys(
            ("public", "state", "code", "nonce", "model", "serial_number", "software", "origin"), ""
        )
        NodeKeyRow.create(keyid="k", node="qamdo-1", claimed_at="x", **key)
        rows.change(NodeRow, {"node": "qamdo-1"}, {"groups": ["é", "西"], "serial": 2**33})
        rows.change(NodeKeyRow, {"keyid": "k"}, {"requests": [[1, "m"]], "sequence": 1})
    with hub.database.transaction():
        assert (one := NodeRow.get_by_id("qamdo-1")).groups == ["é", "西"]
        assert one.serial == 2**33
        assert one.__data__ == rows.get(NodeRow, node="qamdo-1").__data__
        assert NodeRow.get_by_id("qamdo-2").groups == ["a"]
        assert NodeKeyRow.get_by_id("k").requests == [[1, "m"]]


def test_a_row_is_put_in_place_of_another(hub: Hub) -> None:
    for number in (1, 2):
        with hub.database.writing():
            rows.put(TryRow, {"name": "a'; --"}, {"used_until": number})
    with hub.database.transaction():
        assert [(row.name, row.used_until) for row in TryRow.select()] == [("a'; --", 2)]
