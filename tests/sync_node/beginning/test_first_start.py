"""A blank box becomes its school's by the seed on its card, once, whatever happens on the way."""

import json
import random
import shutil
import stat
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from content_packs import card_seeds, protocol
from content_packs.card_seeds import CardSeed, SeedHub
from content_packs.errors import InvalidContent, Missing, Refused, SatchelError, Untrusted
from content_packs.messages import to_base64
from sync_node import config, enrolment, identity
from sync_node.beginning.first_start import (
    Started,
    Surroundings,
    first_start,
    read_card,
    wanted_config,
)
from sync_node.box_clock import system_clock
from sync_node.cli import main
from sync_node.data_dir import DataDir
from sync_node.hardware import Hardware
from sync_node.school.errors import WrongSecret
from sync_node.school.school import School, open_school
from sync_node.trust_store import TrustStore
from tests.support.cards import a_seed, document_of
from tests.support.killing import Killer
from tests.support.nodes import LiveFolder, Node, publish
from tests.support.protocol import OTHER_KEY, counting, hub_keys
from tests.support.repositories import Repository

PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
HARDWARE = Hardware("Raspberry Pi 4", "10000000abcd", "6.1", "0.1.0")
SEED = 20_261_122
MOMENTS = r"fsync|fdatasync|rename.*|unlink.*|mkdir.*|write|pwrite64"
QUICK = 2
FEW_OR_ALL = [
    pytest.param(QUICK, id="quick"),
    pytest.param(None, id="long", marks=[pytest.mark.long, pytest.mark.timeout(3_000)]),
]


def opened(data_dir: DataDir) -> School:
    return open_school(data_dir, clock=system_clock, hash_cost=2)


def surroundings() -> Surroundings:
    return Surroundings(HARDWARE, counting(), lambda: datetime(2026, 1, 1, tzinfo=UTC), opened)


def on_card(folder: Path, seed: CardSeed, name: str = "seed.json") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(document_of(seed))
    return folder / name


def start(folder: Path, seed: Path) -> Started:
    return first_start(DataDir(folder / "data"), seed, None, surroundings())


def assert_is_the_schools(data_dir: DataDir, seed: CardSeed) -> None:
    """See that the box is whole: what it follows, its Wi-Fi, its codes, its claim."""
    found = config.read(data_dir)
    assert [source.hub for source in found.sources] == [hub.address for hub in seed.hubs]
    assert found.channels == seed.channels
    assert TrustStore(data_dir.trust).first_root == seed.root_bytes
    wifi = tomllib.loads((data_dir.root / "box/wifi.toml").read_text(encoding="utf-8"))
    assert (wifi["name"], wifi["passphrase"]) == (seed.wifi.name, seed.wifi.passphrase)
    asks = identity.claiming(data_dir)
    assert asks is not None
    assert protocol.open_claim(enrolment.document_of(asks)).code == seed.code
    assert len(list(data_dir.identity.glob("*/key.pem"))) == 1
    school = opened(data_dir)
    try:
        assert school.teachers.has_code("teacher")
        assert school.teachers.has_code("label")
        assert not school.teachers.has_code("technician")
    finally:
        school.close()
    assert read_card(data_dir) is not None


def test_a_blank_box_becomes_the_schools(tmp_path: Path) -> None:
    seed = a_seed(time_zone="+08:00")
    done = start(tmp_path, on_card(tmp_path, seed))
    data_dir = DataDir(tmp_path / "data")
    assert_is_the_schools(data_dir, seed)
    assert (done.before, done.notes) == (False, ())
    asks = identity.claiming(data_dir)
    assert asks is not None
    assert done.claim == asks.fingerprint
    assert protocol.open_claim(enrolment.document_of(asks)).model == "Raspberry Pi 4"
    found = config.read(data_dir)
    assert (found.time_zone, found.sources[0].metered) == ("+08:00", True)
    secret = [data_dir.root / "card.json", data_dir.root / "box/wifi.toml", asks.claim_path]
    assert {stat.S_IMODE(path.stat().st_mode) for path in secret} == {0o600}


def test_the_same_seed_at_each_later_start_changes_nothing(tmp_path: Path) -> None:
    card = on_card(tmp_path, a_seed())
    start(tmp_path, card)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "data").rglob("*")}
    again = start(tmp_path, card)
    assert again.before
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "data").rglob("*")} == before


def test_a_code_that_was_used_is_not_good_again_at_the_next_start(tmp_path: Path) -> None:
    card = on_card(tmp_path, a_seed())
    start(tmp_path, card)
    school = opened(DataDir(tmp_path / "data"))
    school.teachers.add_with_code("CDEF-GHJK-MNPQ", "Ms Li", "four words are enough")
    school.close()
    start(tmp_path, card)
    school = opened(DataDir(tmp_path / "data"))
    with pytest.raises(WrongSecret):
        school.teachers.add_with_code("CDEF-GHJK-MNPQ", "Mr Wang", "four words are enough")
    school.close()


def test_the_labels_code_signs_technicians_in_as_often_as_need_be(tmp_path: Path) -> None:
    start(tmp_path, on_card(tmp_path, a_seed()))
    school = opened(DataDir(tmp_path / "data"))
    device = "phone"
    for typed in ("0123-4567-89AB", "o12345678 9ab"):
        assert school.signing_in.technician(typed, device=device).session.kind == "technician"
    with pytest.raises(WrongSecret):
        school.teachers.check_code("teacher", "0123-4567-89AB")
    once = school.teachers.make_code("technician")
    school.signing_in.technician(once, device=device)
    with pytest.raises(WrongSecret):
        school.signing_in.technician(once, device=device)
    assert school.signing_in.technician("0123456789AB", device=device)
    school.close()


def test_another_schools_seed_changes_nothing_and_says_which_card_it_is(tmp_path: Path) -> None:
    seed = a_seed()
    start(tmp_path, on_card(tmp_path, seed))
    other = on_card(tmp_path, a_seed(card=18, school="dongba"), "other.json")
    with pytest.raises(Refused) as refusal:
        start(tmp_path, other)
    assert "card 18 of dongba" in refusal.value.message
    assert "card 17 of qamdo already" in refusal.value.message
    assert "sync-node flash" in refusal.value.hint
    assert_is_the_schools(DataDir(tmp_path / "data"), seed)


def test_a_node_that_was_made_by_hand_for_another_hub_stays_what_it_is(tmp_path: Path) -> None:
    seed = a_seed()
    start(tmp_path, on_card(tmp_path, seed))
    (tmp_path / "data/card.json").unlink()
    other = a_seed(hubs=(SeedHub(address="https://elsewhere.example/"),))
    with pytest.raises(Refused, match="there is a node already"):
        start(tmp_path, on_card(tmp_path, other, "other.json"))


@pytest.mark.parametrize(
    ("document", "error"),
    [
        (card_seeds.sign(a_seed(), OTHER_KEY), Untrusted),
        (document_of(a_seed())[:-1], InvalidContent),
        (b"", InvalidContent),
    ],
)
def test_what_no_hub_signed_leaves_the_box_blank(
    tmp_path: Path, document: bytes, error: type[SatchelError]
) -> None:
    (tmp_path / "seed.json").write_bytes(document)
    with pytest.raises(error):
        start(tmp_path, tmp_path / "seed.json")
    assert not (tmp_path / "data").exists()


def test_no_seed_is_said(tmp_path: Path) -> None:
    with pytest.raises(Missing):
        start(tmp_path, tmp_path / "seed.json")


def test_whose_certificate_a_hub_has_goes_into_node_toml(tmp_path: Path) -> None:
    hubs = (
        SeedHub(address="https://a.example/", authority=PEM),
        SeedHub(address="https://b.example/", authority="sha256:" + "ab" * 32),
        SeedHub(address="https://c.example/"),
    )
    start(tmp_path, on_card(tmp_path, a_seed(hubs=hubs)))
    found = config.read(DataDir(tmp_path / "data"))
    assert [source.ca for source in found.sources] == ["hub-1.pem", "sha256:" + "ab" * 32, ""]
    assert (tmp_path / "data/hub-1.pem").read_text() == PEM


def test_a_time_zone_that_the_box_does_not_know_keeps_no_box_from_starting() -> None:
    found, notes = wanted_config(a_seed(time_zone="Asia/Nowhere"), 5)
    assert (found.time_zone, found.rollout_number) == ("+00:00", 5)
    assert "Asia/Nowhere" in notes[0]


def test_packs_that_came_on_the_card_can_be_opened_before_any_link(tmp_path: Path) -> None:
    hub = Repository(tmp_path / "hub", hub_keys=hub_keys())
    hub.offer("main", publish(hub, tmp_path))
    hub.sign()
    laptop = Node(tmp_path / "laptop", [LiveFolder(hub.root)]).initialise(hub)
    laptop.sync_well()
    data = tmp_path / "data"
    for kept in ("trust", "manifests", "store"):
        shutil.copytree(laptop.root / kept, data / kept)
    newest = max((hub.root / "metadata").glob("*.targets.json"), key=lambda p: int(p.name[0]))
    seed = a_seed(
        root=to_base64(hub.first_root),
        targets=to_base64(newest.read_bytes()),
        channels=("main",),
    )
    start(tmp_path, on_card(tmp_path, seed))
    assert_is_the_schools(DataDir(data), seed)
    assert Node(data, []).lessons() == laptop.lessons() != {}


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
@pytest.mark.parametrize("most", FEW_OR_ALL)
def test_a_power_cut_at_any_step_is_followed_by_the_same_steps(
    tmp_path: Path, most: int | None
) -> None:
    seed = a_seed()
    card, data = on_card(tmp_path / "card", seed), tmp_path / "data"
    command = [
        sys.executable, "-m", "sync_node.cli", "first-start", "--seed", str(card),
        "--data", str(data),
    ]  # fmt: skip
    killer = Killer(SEED)
    killer.watch(command, data, tmp_path / "log")
    moments = killer.every(MOMENTS)
    assert len(moments) > 20
    for moment in moments if most is None else random.Random(SEED).sample(moments, most):
        shutil.rmtree(data)
        assert killer.kill(command, moment), f"{moment} never came"
        first_start(DataDir(data), card, None, surroundings())
        assert_is_the_schools(DataDir(data), seed)
        left = [path for path in data.rglob("*.part") if "identity" not in path.parts]
        assert left == [], moment  # a key that was never whole is in a folder of its own


def test_the_command(tmp_path: Path) -> None:
    card, data, box = on_card(tmp_path, a_seed()), tmp_path / "data", tmp_path / "box"
    words = ["first-start", "--seed", str(card), "--data", str(data), "--box", str(box)]
    said = CliRunner().invoke(main, words)
    assert (said.exit_code, "is card 17 of qamdo" in said.output) == (0, True)
    assert (box / "wifi.toml").is_file()
    again = CliRunner().invoke(main, [*words, "--json"])
    found = json.loads(again.stdout)
    assert (found["before"], found["school"], found["claim"]) == (True, "qamdo", "")
    other = on_card(tmp_path, a_seed(card=18), "other.json")
    refused = CliRunner().invoke(main, ["first-start", "--seed", str(other), "--data", str(data)])
    assert (refused.exit_code, "Traceback" in refused.output) == (5, False)
