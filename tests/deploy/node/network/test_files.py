"""What hostapd, dnsmasq and nft are told: each of them reads it, and finds nothing wrong."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.node.network import files
from deploy.node.network.files import Plan
from deploy.node.network.interfaces import Interface
from deploy.node.network.wish import Wish
from tests.support import school_network

RADIO = Interface("wlan0", "wifi", "brcmfmac")
WIRE = Interface("end0", "wire", "bcmgenet")
NO_RADIO_HERE = ("nl80211", "wlan0")  # what is wrong with the machine, not with the file


def program(name: str) -> str:
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if found is None:
        pytest.skip(f"{name} isn't installed")
    return found


names = (
    st.text(min_size=1, max_size=32)
    .filter(lambda text: text.isprintable() and text == text.strip())
    .filter(lambda text: 0 < len(text.encode()) <= 32)
)
passphrases = st.just("") | st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=8, max_size=63
)


def faults_of_hostapd(text: str, folder: Path) -> list[str]:
    """Return what hostapd says of its configuration before it looks for a radio."""
    place = folder / "hostapd.conf"
    place.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [program("hostapd"), place], capture_output=True, text=True, check=False, timeout=20
    )
    said = (done.stdout + done.stderr).splitlines()
    return [line for line in said if "Line " in line or "errors found" in line or "Invalid" in line]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=names, passphrase=passphrases, country=st.sampled_from(("", "CN", "KE")),
    channel=st.sampled_from(files.CHANNELS), phones=st.sampled_from((0, 8, 512)),
)  # fmt: skip
def test_hostapd_reads_any_network_that_can_be_wished_for(  # noqa: PLR0917  # pytest's and ours
    tmp_path: Path, name: str, passphrase: str, country: str, channel: int, phones: int
) -> None:
    wish = Wish(name, passphrase, country, phones_max=phones)
    text = files.hostapd(Plan(wish, RADIO, channel))
    assert faults_of_hostapd(text, tmp_path) == []
    assert text.count("\n") == len(text.splitlines())  # nothing in it made lines of its own


def test_hostapd_does_find_what_is_wrong(tmp_path: Path) -> None:
    text = files.hostapd(Plan(Wish(), RADIO, 6))
    for wrong in ("ap_isolated=1\n", "wpa=2\nwpa_passphrase=short\n"):
        assert faults_of_hostapd(text + wrong, tmp_path)


def test_a_network_is_as_it_is_wished_for() -> None:
    lines = files.hostapd(Plan(Wish("Hope 希望", "correct horse", "KE", phones_max=8), RADIO, 11))
    for line in (
        "interface=wlan0", f"ssid2={'Hope 希望'.encode().hex()}", "channel=11", "ap_isolate=1",
        "wpa=2", "wpa_passphrase=correct horse", "country_code=KE", "max_num_sta=8",
    ):  # fmt: skip
        assert line in lines.splitlines()
    unsaid = files.hostapd(Plan(Wish(), RADIO, 1))
    assert "wpa=" not in unsaid
    assert "country_code" not in unsaid
    assert set(files.CHANNELS) <= set(range(1, 12))  # what every country allows


@pytest.mark.parametrize("captive", [True, False])
@pytest.mark.parametrize("side", [RADIO, WIRE])
def test_dnsmasq_reads_it(tmp_path: Path, captive: bool, side: Interface) -> None:
    place = tmp_path / "dnsmasq.conf"
    place.write_text(files.dnsmasq(Plan(Wish(captive=captive), side)), encoding="utf-8")
    command = [program("dnsmasq"), "--test", f"--conf-file={place}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "dnsmasq: syntax check OK.\n")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may ask nft")
@pytest.mark.skipif(bool(school_network.unavailable()), reason=school_network.unavailable())
@pytest.mark.parametrize(
    "plan",
    [None, Plan(Wish(), RADIO, 6), Plan(Wish(captive=False), WIRE)],
    ids=["nobody", "radio", "wire"],
)
def test_nft_reads_it_again_and_again(tmp_path: Path, plan: Plan | None) -> None:
    place = tmp_path / "nftables.conf"
    place.write_text(files.nftables(plan), encoding="utf-8")
    twice = f"nft -f {place} && nft -f {place} && nft list tables"
    done = subprocess.run(
        ["unshare", "--net", "sh", "-ec", twice], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "table inet satchel\n", "")


def test_the_box_asks_for_names_whom_its_link_named() -> None:
    assert files.resolv_conf(()) == ""
    assert files.resolv_conf(("10.0.0.1", "fd00::1")) == "nameserver 10.0.0.1\nnameserver fd00::1\n"
