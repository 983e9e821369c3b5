"""Cards on the console: seeds are downloaded, receipts sent in, and a school's page shows both."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from content_packs.card_seeds import open_seed
from hub.app import create_app
from hub.cards import receiving, seeding
from hub.cards.seeding import Wanted
from hub.fleet import schools
from hub.fleet.schools import Facts
from hub.hub import Hub, open_hub
from hub.people.actor import of_this_machine
from tests.hub.cards.test_cards import lines_of, receipt_of
from tests.hub.clients import START, MovableClock
from tests.hub.console.site import LOOKS, TOWNSHIP, add_people, api_token, assert_usable
from tests.hub.fleet.boxes import randomness
from tests.support.browser import Visit, follow
from tests.support.hub_databases import HubDatabases

KEEPER = of_this_machine()
HUBS = ("https://hub.example/",)
SMALL = (360, 740)

SignedIn = Callable[..., Visit]


@pytest.fixture(scope="module")
def console_hub(
    new_hub: Path, tmp_path_factory: pytest.TempPathFactory, lasting_databases: HubDatabases
) -> Hub:
    root = lasting_databases.copy_hub(new_hub, tmp_path_factory.mktemp("cards") / "hub")
    hub = open_hub(root, MovableClock(START))
    facts = Facts(title="昌都第七小学", township=TOWNSHIP)
    schools.add(hub, "qamdo-7", district="east", facts=facts)
    for wanted in (Wanted(hubs=HUBS), Wanted(hubs=HUBS, wifi_name="{title} Satchel")):
        (made,) = seeding.make(hub, KEEPER, ["qamdo-7"], wanted, randomness=randomness)
    trouble = "the card reads back otherwise at 1,024 MiB: it pretends to be larger than it is"
    receiving.take(hub, KEEPER, lines_of(receipt_of(made, result="failed", trouble=trouble)))
    return hub


@pytest.mark.browser
@pytest.mark.parametrize(("size", "language"), [*LOOKS, pytest.param(SMALL, "zh-CN")])
def test_everybody_can_use_the_pages(
    signed_in: SignedIn, size: tuple[int, int], language: str
) -> None:
    here = signed_in("administrator", language, size)
    assert_usable(here, "/console/cards", name="cards")
    assert_usable(here, "/console/cards/new?school=qamdo-7", name="cards-new")
    assert_usable(here, "/console/schools/qamdo-7", name="school-cards")


@pytest.mark.browser
def test_an_officer_makes_a_card_and_takes_its_receipt_in(
    signed_in: SignedIn, tmp_path: Path
) -> None:
    here = signed_in("operator", script=False)
    page = here.page
    page.goto(f"{here.address}/console/schools/qamdo-7")
    follow(page.get_by_role("link", name="Make the seed of a card"))
    page.get_by_label("Address of this hub").fill("https://hub.example/")
    page.get_by_label("Or a new passphrase for each school").check()
    page.get_by_label("Country, two letters").fill("cn")
    with page.expect_download() as download:
        page.get_by_role("button", name="Make and download").click()
    download.value.save_as(tmp_path / "seeds.zip")
    packed = zipfile.ZipFile(tmp_path / "seeds.zip")
    (name,) = [name for name in packed.namelist() if name.endswith(".seed.json")]
    opened = open_seed(packed.read(name))
    assert (opened.seed.wifi.country, len(opened.seed.wifi.passphrase)) == ("CN", 12)
    assert opened.fingerprint in packed.read("sheet.html").decode()
    made = seeding.MadeSeed(opened.seed, packed.read(name), opened.digest, "east")
    (tmp_path / "receipts.jsonl").write_bytes(lines_of(receipt_of(made)))
    page.goto(f"{here.address}/console/cards")
    page.get_by_label("The file").set_input_files(tmp_path / "receipts.jsonl")
    follow(page.get_by_role("button", name="Take them in"))
    assert "1 receipts are new" in page.get_by_role("status").first.inner_text()
    row = page.locator("table.cards tbody tr").first
    assert f"Card {opened.seed.card}" in row.inner_text()
    assert "written, not started yet" in row.inner_text()


@pytest.fixture
def web(hub: Hub) -> FlaskClient:
    add_people(hub)
    return create_app(hub).test_client()


def said(answer: TestResponse, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json


def test_programs_make_seeds_and_send_receipts_in(web: FlaskClient, hub: Hub) -> None:
    schools.add(hub, "qamdo-7", district="east", facts=Facts(township=TOWNSHIP))
    headers = {"Authorization": f"Bearer {api_token(hub, 'operator')}"}
    wanted = {"schools": ["qamdo-7"], "hubs": list(HUBS), "country": "CN", "mode": "access-points"}
    answer = said(web.post("/api/v1/card-seeds", json=wanted, headers=headers), 201)
    (item,) = answer["items"]
    opened = open_seed(item["document"].encode())
    assert (opened.digest, opened.fingerprint) == (item["digest"], answer["fingerprint"])
    assert opened.seed.wifi.mode == "access-points"
    made = seeding.MadeSeed(opened.seed, b"", opened.digest, "east")
    lines = lines_of(receipt_of(made), receipt_of(made, card=99)).decode()
    taken = said(web.post("/api/v1/card-receipts", json={"lines": lines}, headers=headers))
    assert (taken["new"], taken["known"], len(taken["refused"])) == (1, 0, 1)
    cards = said(web.get("/api/v1/cards?school=qamdo-7", headers=headers))["items"]
    assert [(card["card"], card["state"]) for card in cards] == [(item["card"], "written")]
    wrong = web.post("/api/v1/card-seeds", json=wanted | {"mode": "mesh"}, headers=headers)
    assert wrong.status_code == 400
    auditor = {"Authorization": f"Bearer {api_token(hub, 'auditor')}"}
    assert web.post("/api/v1/card-seeds", json=wanted, headers=auditor).status_code == 403
    assert web.get("/api/v1/cards", headers=auditor).status_code == 200
