"""A technician changes the box's Wi-Fi on its page: root's program follows what is written."""

from html import unescape

import pytest
from flask.testing import FlaskClient

from deploy.node.network import wish
from sync_node import wifi_wish
from sync_node.wifi_wish import WifiWish
from tests.sync_node.lan.school import School
from tests.sync_node.lan.technician.box import put_stations
from tests.sync_node.lan.technician.conftest import NOW

FORM = {
    "name": "Hope 希望", "passphrase": "correct horse", "country": "ke", "mode": "access-points",
    "phones_max": "24", "captive": "yes",
}  # fmt: skip


def text_of(client: FlaskClient, address: str) -> str:
    return " ".join(unescape(client.get(address).text).split())


def test_a_box_goes_over_to_access_points(at_work: School, technician: FlaskClient) -> None:
    answer = technician.post("/box/wifi", data=FORM)
    assert answer.status_code == 303
    followed = wish.read(at_work.data_dir.root / "box/wifi.toml")  # as root's program reads it
    assert followed == wish.Wish("Hope 希望", "correct horse", "KE", "access-points", True, 24)
    text = text_of(technician, answer.headers["Location"])
    assert "join it again" in text
    assert 'value="Hope 希望"' in text
    assert 'value="access-points" checked' in text


def test_what_is_there_is_shown_and_kept(at_work: School, technician: FlaskClient) -> None:
    wanted = WifiWish('A "name"', "correct horse", "CN", captive=False, phones_max=8)
    wifi_wish.write(at_work.data_dir.root / "box", wanted)
    text = text_of(technician, "/box/wifi")
    for part in ('value="A "name""', 'value="correct horse"', 'value="CN"', 'value="8"'):
        assert part in text
    assert 'value="built-in" checked' in text
    same = {"name": 'A "name"', "passphrase": "correct horse", "country": "CN", "phones_max": "8"}
    technician.post("/box/wifi", data=same)
    assert wifi_wish.read(at_work.data_dir.root / "box") == wanted


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "name: 0 bytes"),
        ("name", "学" * 11, "name: 33 bytes"),
        ("passphrase", "short", "passphrase: 5 characters"),
        ("country", "Kenya", "country: 'KENYA'"),
        ("phones_max", "513", "phones_max: 513"),
        ("phones_max", "²", "phones_max: -1"),
        ("phones_max", "9" * 5_000, "phones_max: -1"),
    ],
)
def test_what_no_radio_can_be_changes_nothing(
    at_work: School, technician: FlaskClient, field: str, value: str, said: str
) -> None:
    answer = technician.post("/box/wifi", data=FORM | {field: value})
    assert answer.status_code == 400
    assert said in unescape(answer.text)
    assert "Nothing was changed" in answer.text
    assert not (at_work.data_dir.root / "box/wifi.toml").exists()


def test_nobody_else_may_see_or_change_it(at_work: School, guest: FlaskClient) -> None:
    assert guest.get("/box/wifi").status_code == 303
    assert guest.post("/box/wifi", data=FORM).status_code == 403
    assert not (at_work.data_dir.root / "box/wifi.toml").exists()


def test_the_page_is_found_where_a_box_makes_a_network(at_work: School, guest: FlaskClient) -> None:
    put_stations(at_work, NOW, [], by="cable", is_up=True)
    assert 'href="/box/wifi"' in guest.get("/box").text
    put_stations(at_work, NOW, [])  # a school's own network, which isn't ours to change
    assert 'href="/box/wifi"' not in guest.get("/box").text
