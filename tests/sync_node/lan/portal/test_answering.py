"""What a phone is answered that asks for the internet: first the page, then what keeps it here."""

from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_node.lan.portal.answering import NOTHING_HERE, Answer, Redirection, answer
from sync_node.lan.portal.probes import Content, wanted
from sync_node.school_network import SchoolNetwork

NETWORK = SchoolNetwork(
    captive=True, address=IPv4Address("172.27.0.1"), network=IPv4Network("172.27.0.0/22"),
    name="satchel.lan", wifi="Hope",
)  # fmt: skip
PROBES = {
    "android": ("connectivitycheck.gstatic.com", "/generate_204", 204, b""),
    "android, older": ("clients3.google.com", "/generate_204", 204, b""),
    "android, spare": ("play.googleapis.com", "/generate_204", 204, b""),
    "android in China": ("www.google.cn", "/generate_204", 204, b""),
    "chrome": ("www.gstatic.com", "/generate_204", 204, b""),
    "huawei": ("connectivitycheck.platform.hicloud.com", "/generate_204", 204, b""),
    "huawei, longer": ("connectivitycheck.platform.hicloud.com", "/generate_204_9f3a", 204, b""),
    "honor": ("connectivitycheck.platform.hihonorcloud.com", "/generate_204", 204, b""),
    "xiaomi": ("connect.rom.miui.com", "/generate_204", 204, b""),
    "vivo": ("wifi.vivo.com.cn", "/generate_204", 204, b""),
    "oppo": ("conn1.oppomobile.com", "/generate_204", 204, b""),
    "meizu": ("www.qualcomm.cn", "/generate_204", 204, b""),
    "apple": ("captive.apple.com", "/hotspot-detect.html", 200, b"<BODY>Success</BODY>"),
    "apple, any path": ("captive.apple.com", "/a8Xk/b", 200, b"<TITLE>Success</TITLE>"),
    "apple, older": ("www.apple.com", "/library/test/success.html", 200, b"Success"),
    "apple, oldest": ("www.thinkdifferent.us", "/library/test/success.html", 200, b"Success"),
    "windows 10": ("www.msftconnecttest.com", "/connecttest.txt", 200, b"Microsoft Connect Test"),
    "windows, ipv6": ("ipv6.msftconnecttest.com", "/connecttest.txt", 200, b"Connect Test"),
    "windows 7": ("www.msftncsi.com", "/ncsi.txt", 200, b"Microsoft NCSI"),
    "firefox": ("detectportal.firefox.com", "/success.txt", 200, b"success\n"),
    "firefox, page": ("detectportal.firefox.com", "/canonical.html", 200, b"captive-portal"),
    "gnome": ("nmcheck.gnome.org", "/check_network_status.txt", 200, b"is online"),
    "debian": ("network-test.debian.org", "/nm", 200, b"NetworkManager is online"),
    "ubuntu": ("connectivity-check.ubuntu.com", "/", 204, b""),
    "kde": ("networkcheck.kde.org", "/", 200, b"OK"),
    "fedora": ("fedoraproject.org", "/static/hotspot.txt", 200, b"OK"),
    "kindle": ("spectrum.s3.amazonaws.com", "/kindle-wifi/wifistub.html", 200, b"81ce4465"),
}


def ask(
    host: str, path: str, *, is_browser: bool = False, is_free: bool = False,
    network: SchoolNetwork | None = NETWORK,
) -> Answer:  # fmt: skip
    return answer(network, host=host, path=path, is_browser=is_browser, is_free=is_free)


@pytest.mark.parametrize("system", PROBES)
def test_a_probe_hears_of_the_page_first_then_what_it_wants(system: str) -> None:
    host, path, status, inside = PROBES[system]
    assert ask(host, path) == Redirection("http://satchel.lan/portal")
    assert ask(f"{host.upper()}:80", path, is_browser=True) == Redirection(
        "http://satchel.lan/portal"
    )
    found = ask(host, path, is_free=True)
    assert isinstance(found, Content)
    assert found.status == status
    assert inside in found.body
    assert (status == 204) == (found.body == b"")


def test_windows_leads_its_browser_to_the_lessons() -> None:
    found = ask("www.msftconnecttest.com", "/redirect", is_browser=True)
    assert found == Redirection("http://satchel.lan/", lets_go=True)


def test_who_types_any_name_gets_to_the_lessons() -> None:
    found = ask("www.example.com", "/some/page", is_browser=True)
    assert found == Redirection("http://satchel.lan/", lets_go=True)


@pytest.mark.parametrize("path", ["/wpad.dat", "/v1/telemetry", "/"])
def test_apps_are_told_that_there_is_nothing(path: str) -> None:
    assert ask("api.example.com", path) == NOTHING_HERE


@pytest.mark.parametrize(
    "host",
    [
        "satchel.lan", "SATCHEL.LAN", "satchel.lan.", "satchel.lan:80", "satchel.local",
        "n7.satchel.local", "satchel", "172.27.0.1", "192.168.1.7:8080", "[fe80::1]", "localhost",
        "",
    ],
)  # fmt: skip
def test_under_its_own_names_the_site_answers(host: str) -> None:
    for path in ("/", "/generate_204", "/redirect"):
        assert ask(host, path, is_browser=True) is None


def test_without_a_portal_the_site_answers_all() -> None:
    off = SchoolNetwork(
        captive=False, address=NETWORK.address, network=NETWORK.network, name=NETWORK.name
    )
    for network in (None, off):
        for host, path, _, _ in PROBES.values():
            assert ask(host, path, network=network) is None


@given(host=st.text(max_size=80), path=st.text(max_size=80).map("/{}".format), free=st.booleans())
def test_nobody_is_led_anywhere_but_to_the_box(host: str, path: str, free: bool) -> None:
    found = ask(host, path, is_browser=True, is_free=free)
    assert not isinstance(found, Redirection) or found.address.startswith("http://satchel.lan/")


def test_a_name_that_only_looks_like_a_probe_is_none() -> None:
    assert wanted("notmsftncsi.com", "/ncsi.txt") is None
    assert wanted("captive.apple.com.example.org", "/hotspot-detect.html") is None
    assert wanted("www.apple.com", "/") is None
