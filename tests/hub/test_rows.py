"""Rows by their keys are those that peewee writes and reads."""

import peewee
import pytest

from hub import rows
from hub.fleet.state_tables import NodeDayRow
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


def test_few_columns_of_days_come_in_order_and_old_days_are_forgotten(hub: Hub) -> None:
    days = ("2026-11-03", "2026-11-01", "2026-11-02")
    with hub.database.writing():
        for school in ("a", "b"):
            SchoolRow.create(force_insert=True, school=school, district="east", added_at="x")
            NodeRow.create(force_insert=True, node=f"{school}-1", school=school, added_at="x")
        for day in days:
            rows.add(NodeDayRow, {"node": "a-1", "day": day, "hours": 5})
        rows.add(NodeDayRow, {"node": "b-1", "day": "2026-11-01"})
    wanted = ("day", "hours", "behind")
    with hub.database.writing():
        found = rows.columns(NodeDayRow, wanted, "day", node="a-1")
        assert found == [(day, 5, 0) for day in sorted(days)]
        newer = rows.columns(NodeDayRow, wanted, "day", least="2026-11-02", node="a-1")
        assert newer == found[1:]
        made = NodeDayRow.get(NodeDayRow.node == "b-1").__data__
        assert made == {**NodeDayRow._meta.get_default_dict(), "node": "b-1", "day": "2026-11-01"}
        rows.forget_below(NodeDayRow, "day", "2026-11-03", node="a-1")
        assert rows.columns(NodeDayRow, ("day",), "day", node="a-1") == [("2026-11-03",)]
        assert rows.count(NodeDayRow, node="b-1") == 1
