"""A phone's day in the school: it joins, its system asks for the internet, and lessons open.

Everything on the box is what is shipped: the network program, dnsmasq with the unit's command line,
the packet filter, the site on port 80. The phones are busybox's udhcpc and Debian's chromium.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from sync_node import config
from sync_node.config import Config, SourceConfig
from tests.support import school_network
from tests.support.browser import CHROMIUM, another, visit
from tests.support.school_network import Phone, SchoolLan, school_lan
from tests.sync_node.lan.school import furnished_school

pytestmark = pytest.mark.skipif(
    bool(school_network.unavailable()), reason=school_network.unavailable()
)

WISH = 'format = 1\nname = "Hope"\nmode = "access-points"\n'
ASK = """\
import http.client, socket, sys, json
host, path = sys.argv[1:3]
link = http.client.HTTPConnection(host, 80, timeout=10)
link.request("GET", path, headers=json.loads(sys.argv[3]))
came = link.getresponse()
print(json.dumps([came.status, came.getheader("Location") or "", came.read().decode()]))
"""
TRY = """\
import socket, sys, time
began = time.monotonic()
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), 5).close()
    print("open")
except OSError as error:
    print(type(error).__name__, "soon" if time.monotonic() - began < 2 else "late")
"""
PROBES = {
    "Android": ("connectivitycheck.gstatic.com", "/generate_204", 204, ""),
    "Huawei": ("connectivitycheck.platform.hicloud.com", "/generate_204", 204, ""),
    "Xiaomi": ("connect.rom.miui.com", "/generate_204", 204, ""),
    "Apple": ("captive.apple.com", "/hotspot-detect.html", 200, "Success"),
    "Windows": ("www.msftconnecttest.com", "/connecttest.txt", 200, "Microsoft Connect Test"),
    "Firefox": ("detectportal.firefox.com", "/success.txt", 200, "success"),
}
PAGE = {"Accept": "text/html", "User-Agent": "Mozilla/5.0 (Linux; Android 12; wv)"}


@pytest.fixture(scope="module")
def lan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SchoolLan]:
    folder = tmp_path_factory.mktemp("lan")
    school = furnished_school(folder / "node")
    config.write(school.data_dir, Config(1, (SourceConfig(folder=str(folder / "none")),)))
    with school_lan(folder) as found:
        found.start_network(WISH)
        program = Path(sys.executable).with_name("sync-node")
        words = ("--data", str(school.data_dir.root), "--host", "0.0.0.0", "--port", "80")  # noqa: S104
        found.start(str(program), "run", *words, log="site.log")
        for phone in found.phones:
            phone.join()
        phone = found.phones[0]
        found.wait_for(lambda: phone.python(TRY, "172.27.0.1", "80").strip() == "open")
        yield found


def ask(phone: Phone, host: str, path: str, **fields: str) -> tuple[int, str, str]:
    status, location, body = json.loads(phone.python(ASK, host, path, json.dumps(fields)))
    return status, location, body


def test_it_gets_an_address_and_all_that_goes_with_it(lan: SchoolLan) -> None:
    one, other = (phone.lease for phone in lan.phones)
    assert one["ip"] != other["ip"]
    assert one["ip"].startswith("172.27.")
    assert (one["mask"], one["router"], one["dns"]) == ("22", "172.27.0.1", "172.27.0.1")
    assert int(one["lease"]) == 12 * 3600
    assert "opt114" not in one


def test_names_lead_to_the_box(lan: SchoolLan) -> None:
    code = "import socket, sys; print(socket.gethostbyname(sys.argv[1]))"
    for name in ("satchel.lan", "satchel.local", "www.example.com"):
        assert lan.phones[0].python(code, name).strip() == "172.27.0.1", name
    assert lan.phones[0].python(code, "dns.msftncsi.com").strip() == "131.107.255.255"
    for name in ("mask.icloud.com", "use-application-dns.net", "wpad.lan"):
        assert "gaierror" in lan.phones[0].run(sys.executable, "-c", code, name, check=False), name


def test_each_system_hears_of_the_page_then_what_it_wants(lan: SchoolLan) -> None:
    phone = lan.phones[0]
    for system, (host, path, *_) in PROBES.items():
        status, location, _ = ask(phone, host, path)
        assert (status, location) == (302, "http://satchel.lan/portal"), system
    status, _, page = ask(phone, "satchel.lan", "/portal", **PAGE)
    assert status == 200
    assert 'href="/portal/go"' in page
    assert ask(phone, "satchel.lan", "/portal/go", **PAGE)[0] == 200
    for system, (host, path, wanted, inside) in PROBES.items():
        status, _, body = ask(phone, host, path)
        assert status == wanted, system
        assert inside in body, system
    assert ask(lan.phones[1], "captive.apple.com", "/")[0] == 302  # each for itself


def test_a_probe_by_an_address_that_was_known_before_comes_here_too(lan: SchoolLan) -> None:
    fields = {"Host": "connectivitycheck.gstatic.com"}
    assert ask(lan.phones[1], "142.250.1.94", "/generate_204", **fields)[0] == 302


def test_nothing_goes_through_the_box_and_that_is_said_at_once(lan: SchoolLan) -> None:
    phone = lan.phones[0]
    for address, port in (("142.250.1.94", "443"), ("9.9.9.9", "853"), ("172.27.0.1", "443"),
                          ("172.27.0.1", "22")):  # fmt: skip
        assert phone.python(TRY, address, port).strip() == "ConnectionRefusedError soon"


def test_phones_do_not_reach_each_other_by_way_of_the_box(lan: SchoolLan) -> None:
    """Even where something on the box has switched forwarding on."""
    one, other = lan.phones
    for phone, to in ((one, other), (other, one)):
        phone.run("ip", "route", "replace", f"{to.lease['ip']}/32", "via", "172.27.0.1")
    lan.run_on_box("sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
    rules = f"{lan.run_folder}/satchel/network/nftables.conf"
    serve = "import socket; s = socket.create_server(('', 8000)); print(flush=True); s.accept()"
    with subprocess.Popen(
        [*other.inside, sys.executable, "-c", serve], stdout=subprocess.PIPE
    ) as listening:
        assert listening.stdout
        listening.stdout.readline()
        try:
            tried = one.python(TRY, other.lease["ip"], "8000").strip()
            lan.run_on_box("nft", "delete", "table", "inet", "satchel")
            without = one.python(TRY, other.lease["ip"], "8000").strip()
        finally:
            listening.terminate()
            lan.run_on_box("nft", "-f", rules)
            lan.run_on_box("sysctl", "-q", "-w", "net.ipv4.ip_forward=0")
    assert tried == "ConnectionRefusedError soon"
    assert without == "open"


def test_who_is_there_is_counted_and_nobody_is_named(lan: SchoolLan) -> None:
    place = lan.run_folder / "satchel/network/stations.json"
    lan.wait_for(place.exists)
    text = place.read_text(encoding="utf-8")
    assert json.loads(text)["format"] == 1
    assert ":" not in text.replace('":', "")  # no address of a phone's radio
    everything = "".join(each.read_text() for each in lan.folder.glob("*.log"))
    for phone in lan.phones:
        hardware = (lan.folder / f"{phone.name}.lease").read_text()
        assert phone.lease["ip"] not in everything, hardware


def test_what_systemd_was_asked_for(lan: SchoolLan) -> None:
    asked = (lan.folder / "systemctl.log").read_text(encoding="utf-8").split("\n")
    assert "restart satchel-addresses.service" in asked
    assert "--no-block try-restart" in asked  # it keeps its hands off eth0
    unmanaged = lan.run_folder / "systemd/network/10-satchel-school.network"
    assert unmanaged.read_text(encoding="utf-8") == "[Match]\nName=eth0\n\n[Link]\nUnmanaged=yes\n"


@pytest.mark.browser
def test_a_lesson_opens_in_the_browser_of_a_phone(browser: Browser, lan: SchoolLan) -> None:
    phone = lan.phones[1]
    browser_of_phone = lan.folder / "chromium"
    # What drives browsers was started before this process may have got mounts of its own, as tests
    # with disks have them; the phone's namespace is one of these.
    inside = ["nsenter", f"--mount=/proc/{os.getpid()}/ns/mnt", *phone.inside]
    words = " ".join(f"'{word}'" for word in inside)
    browser_of_phone.write_text(f'#!/bin/sh\nexec {words} {CHROMIUM} "$@"\n', encoding="utf-8")
    browser_of_phone.chmod(0o755)
    with another(browser, browser_of_phone) as theirs, visit(theirs, "http://satchel.lan") as here:
        here.page.goto("http://www.example.com/")  # whatever somebody types
        assert here.page.url == "http://satchel.lan/"
        here.page.get_by_text("Fractions", exact=False).first.click()
        here.page.wait_for_url("**/packs/**")
        assert here.page.locator("h1").is_visible()
        here.screenshot("school-lan-lesson")
        assert here.failures == []


def test_a_wish_that_changes_is_followed(lan: SchoolLan) -> None:
    """Last: it changes the network for good."""
    portal = lan.run_folder / "satchel/network/portal.json"
    (lan.folder / "wifi.toml").write_text(WISH + "captive = false\n", encoding="utf-8")
    lan.wait_for(lambda: json.loads(portal.read_text())["captive"] is False)
    phone = lan.phones[0]
    phone.join()
    assert phone.lease["opt114"] == b"urn:ietf:params:capport:unrestricted".hex()
    code = "import socket, sys; print(socket.gethostbyname(sys.argv[1]))"
    assert phone.python(code, "satchel.lan").strip() == "172.27.0.1"
    assert "gaierror" in phone.run(sys.executable, "-c", code, "captive.apple.com", check=False)
    assert phone.python(TRY, "142.250.1.94", "80").strip() == "ConnectionRefusedError soon"
