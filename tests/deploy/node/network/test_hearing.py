"""What iw and ip say, as they say it on a box, and whatever else they might."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.node.network.files import CHANNELS, stations
from deploy.node.network.hearing import (
    is_on_air,
    phones_max,
    quietest_channel,
    wifi_stations,
    wire_stations,
)
from sync_node.data_dir import DataDir
from sync_node.stations import read

DUMP = """\
Station 5a:0f:11:22:33:44 (on wlan0)
\tinactive time:\t1020 ms
\trx bytes:\t120345
\tsignal:  \t-47 [-49, -52] dBm
\tsignal avg:\t-46 dBm
\tauthorized:\tyes
\tconnected time:\t912 seconds
Station 5a:0f:11:22:33:45 (on wlan0)
\tinactive time:\t0 ms
\tsignal:\t-81 dBm
\tconnected time:\t5 seconds
Station 5a:0f:11:22:33:46 (on wlan0)
\tinactive time:\t0 ms
"""
NEIGHBOURS = """\
172.27.0.60 lladdr 5a:0f:11:22:33:44 ref 1 used 12/12/12 probes 1 REACHABLE
172.27.0.61 lladdr 5a:0f:11:22:33:45 used 900/880/850 probes 1 STALE
172.27.0.62  used 3/3/1 probes 6 FAILED
172.27.0.63 lladdr 5a:0f:11:22:33:46 used 40/299/21 probes 1 STALE
172.27.0.2 lladdr 5a:0f:11:22:33:47 used 4/2/2 probes 1 REACHABLE
"""
SCAN = """\
BSS 02:00:00:00:01:00(on wlan0)
\tfreq: 2412
\tsignal: -40.00 dBm
\tSSID: a neighbour
BSS 02:00:00:00:01:01(on wlan0)
\tfreq: 2462
\tsignal: -70.00 dBm
BSS 02:00:00:00:01:02(on wlan0)
\tfreq: 5180
\tsignal: -30.00 dBm
"""


def test_phones_on_the_radio_are_counted_and_not_named() -> None:
    found = wifi_stations(DUMP)
    assert found == [{"signal": -47, "seconds": 912}, {"signal": -81, "seconds": 5}, {}]
    text = stations(found, 8, kind="wifi", is_up=True)
    assert "5a:0f" not in text
    assert json.loads(text)["limit"] == 8
    assert "limit" not in json.loads(stations(found, 0, kind="wifi", is_up=True))


def test_the_site_understands_what_it_is_told(tmp_path: Path) -> None:
    for kind, by in (("wifi", "radio"), ("wire", "cable")):
        place = tmp_path / "stations.json"
        place.write_text(stations([{"signal": -50}, {}], 8, kind=kind, is_up=False))
        found = read(DataDir(tmp_path), now=time.time(), of_the_box=place)
        assert (found.known, len(found.stations), found.limit) == ("fresh", 2, 8)
        assert (found.by, found.is_up) == (by, False)


def test_a_radio_is_on_the_air_when_it_is_an_access_point() -> None:
    info = "Interface wlan0\n\tifindex 3\n\tssid type AP\n\ttype {}\n\twiphy 0\n"
    assert is_on_air(info.format("AP"))
    assert not is_on_air(info.format("managed"))
    assert not is_on_air("")


def test_phones_behind_access_points_are_those_heard_within_minutes() -> None:
    assert len(wire_stations(NEIGHBOURS)) == 2


def test_access_points_are_no_phones() -> None:
    of_a_point = NEIGHBOURS.splitlines()[-1]
    assert wire_stations(of_a_point) == []
    assert wire_stations(of_a_point.replace("172.27.0.2", "172.27.0.50")) == [{}]


def test_the_quietest_channel_is_taken() -> None:
    assert quietest_channel(SCAN, "02:00:00:00:00:00") == 6
    louder_in_the_middle = SCAN + "BSS x\n\tfreq: 2437\n\tsignal: -20.00 dBm\n"
    assert quietest_channel(louder_in_the_middle, "02:00:00:00:00:00") == 11
    between = "BSS x\n\tfreq: 2447\n\tsignal: -20.00 dBm\n"  # channel 8 disturbs 6 and 11
    assert quietest_channel(between, "02:00:00:00:00:01") == 1


def test_boxes_that_hear_nothing_do_not_all_take_the_same() -> None:
    chosen = {quietest_channel("", f"02:00:00:00:00:{number:02x}") for number in range(9)}
    assert chosen == set(CHANNELS)


@pytest.mark.parametrize(
    ("phy", "driver", "wanted", "limit"),
    [
        ("\t * Maximum associated stations in AP mode: 32\n", "mt76", 0, 32),
        ("\tMaximum associated stations in AP mode: 32\n", "mt76", 20, 20),
        ("", "brcmfmac", 0, 8),
        ("", "brcmfmac", 30, 8),  # the firmware takes no more, whoever wants it
        ("", "ath9k_htc", 0, 0),
        ("", "ath9k_htc", 24, 24),
        ("Maximum associated stations in AP mode: many", "x", 0, 0),
    ],
)
def test_how_many_a_radio_takes(phy: str, driver: str, wanted: int, limit: int) -> None:
    assert phones_max(phy, driver, wanted) == limit


lines = st.lists(
    st.sampled_from((DUMP + NEIGHBOURS + SCAN).splitlines()) | st.text(max_size=40), max_size=30
).map("\n".join)


@given(said=lines, address=st.text(max_size=20))
def test_whatever_they_say_something_sound_comes_of_it(said: str, address: str) -> None:
    assert quietest_channel(said, address) in CHANNELS
    for each in (*wifi_stations(said), *wire_stations(said)):
        assert set(each) <= {"signal", "seconds"}
        assert -200 <= each.get("signal", 0) <= 50
    assert phones_max(said, "brcmfmac", 0) >= 0


def test_a_crowd_is_told_of_within_bounds() -> None:
    assert len(wifi_stations("Station 02:00:00:00:00:01 (on wlan0)\n" * 2000)) == 512
