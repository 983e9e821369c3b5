"""The hub of a trial: what an officer does there, a trial does by itself."""

from pathlib import Path

from deploy.image.booting.district import District
from deploy.image.booting.preparing import command
from hub.app import create_app
from hub.clock import system_clock
from hub.fleet import nodes
from hub.hub import open_hub
from tests.hub.fleet.boxes import claimed


def test_a_box_that_asks_to_be_its_node_is_let_be_it(tmp_path: Path) -> None:
    data = tmp_path / "hub"
    command("hub", "init", "--data", str(data))
    district = District(data, 0)
    assert not district.welcome()
    hub = open_hub(data, system_clock)
    claimed(hub, create_app(hub).test_client())
    assert district.welcome()
    assert not district.welcome()
    (node,) = nodes.list_nodes(hub)
    assert node.state == "valid"
    assert district.heard() is None
