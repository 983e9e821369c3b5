"""A hub vouches for an image, and laptops with its seeds take the image by that."""

from pathlib import Path

import pytest

from content_packs import card_seeds, image_signatures
from content_packs.digests import digest_of
from content_packs.errors import InvalidContent, Refused, Untrusted
from hub.cards import image_signing, seeding
from hub.cards.seeding import Wanted
from hub.fleet import audit
from hub.hub import Hub
from hub.people.actor import Actor, of_this_machine
from tests.hub.commands import Commands
from tests.hub.fleet.boxes import a_school, randomness

KEEPER = of_this_machine()
MAP = b'{"block_size":1048576,"digest":"ab","format":1,"image_size":1048576,"ranges":[]}'


@pytest.fixture
def map_file(tmp_path: Path) -> Path:
    path = tmp_path / "box.map.json"
    path.write_bytes(MAP)
    return path


def test_who_has_a_seed_of_the_hub_can_check_an_image_it_signed(hub: Hub, map_file: Path) -> None:
    a_school(hub, "qamdo")
    [made] = seeding.make(
        hub, KEEPER, ["qamdo"], Wanted(hubs=("http://hub.example/",)), randomness=randomness
    )
    signed = image_signing.sign(hub, KEEPER, map_file)
    assert signed.path.name == "box.map.json.sig"
    assert signed.digest == digest_of(MAP)
    seed = made.seed
    keys = card_seeds.service_keys_of(seed.root_bytes, seed.targets_bytes, what="seed")
    image_signatures.check(signed.path.read_bytes(), MAP, keys, what="box")
    with pytest.raises(Untrusted, match="signs the map"):
        image_signatures.check(signed.path.read_bytes(), MAP + b" ", keys, what="box")
    with pytest.raises(Untrusted, match="signed by the key"):
        image_signatures.check(signed.path.read_bytes(), MAP, {}, what="box")
    [entry] = audit.entries(hub, most=1)
    assert (entry.event, entry.reason) == ("image-signed", f"box.map.json {signed.digest}")


def test_what_is_no_map_is_not_signed(hub: Hub, map_file: Path) -> None:
    for data in (b"", b"{}", b"[]", b'{"digest":1}'):
        map_file.write_bytes(data)
        with pytest.raises(InvalidContent):
            image_signing.sign(hub, KEEPER, map_file)
    assert not map_file.with_name("box.map.json.sig").exists()


def test_who_may_not_change_the_fleet_may_not_vouch_for_it(hub: Hub, map_file: Path) -> None:
    with pytest.raises(Refused):
        image_signing.sign(hub, Actor("ada", "auditor", "console"), map_file)


def test_the_command_says_where_and_what(hub: Hub, map_file: Path) -> None:
    commands = Commands(hub.data.root)
    said = commands.say("sign-image", map_file)
    assert "box.map.json.sig" in said
    assert digest_of(MAP) in said
    assert commands.json("sign-image", map_file)["digest"] == digest_of(MAP)
