"""Which interface is the school's: by a made-up /sys, as boards have it."""

from pathlib import Path

import pytest

from deploy.node.network.interfaces import Interface, found, school_side
from tests.deploy.node.network.boards import board


def test_a_raspberry_pi_with_a_modem(tmp_path: Path) -> None:
    sys = board(tmp_path, end0="bcmgenet", wlan0="brcmfmac wifi", usb0="rndis_host usb")
    assert found(sys, tmp_path / "no-udev") == (
        Interface("end0", "wire", "bcmgenet", number=2),
        Interface("usb0", "modem", "rndis_host", is_usb=True, number=4),
        Interface("wlan0", "wifi", "brcmfmac", number=3),
    )


@pytest.mark.parametrize(
    ("mode", "interfaces", "expected"),
    [
        ("built-in", {"end0": "bcmgenet", "wlan0": "brcmfmac wifi"}, "wlan0"),
        # Who brought a radio did so for its reach.
        ("built-in", {"wlan0": "brcmfmac wifi", "wlx00": "ath9k_htc wifi usb"}, "wlx00"),
        ("built-in", {"end0": "bcmgenet"}, None),
        ("access-points", {"end0": "bcmgenet", "wlan0": "brcmfmac wifi"}, "end0"),
        # The built-in wire before one that was plugged in, which then is the way out; and the
        # wire of an older Pi hangs on its USB.
        ("access-points", {"enx00": "r8152 usb", "end0": "bcmgenet"}, "end0"),
        ("access-points", {"enx00": "r8152 usb", "enxb8": "smsc95xx usb"}, "enxb8"),
        ("access-points", {"usb0": "cdc_ether usb"}, None),  # a modem is never the school's
        ("access-points", {}, None),
    ],
)
def test_who_phones_come_by(
    tmp_path: Path, mode: str, interfaces: dict[str, str], expected: str | None
) -> None:
    side = school_side(mode, found(board(tmp_path, **interfaces), tmp_path / "no-udev"))
    assert (side and side.name) == expected


def test_what_is_no_hardware_is_left_alone(tmp_path: Path) -> None:
    sys = board(tmp_path, eth0="virtio_net")
    for name, kind in (("br0", "1"), ("tun0", "65534"), ("a;reboot", "1")):
        (sys / "class/net" / name).mkdir()
        (sys / "class/net" / name / "type").write_text(kind)
    (sys / "class/net/a;reboot/device").mkdir()
    assert [each.name for each in found(sys, tmp_path / "no-udev")] == ["eth0"]
    assert found(tmp_path / "no-sys", tmp_path / "no-udev") == ()


def test_udev_may_still_rename_what_it_isnt_through_with(tmp_path: Path) -> None:
    sys = board(tmp_path, eth0="virtio_net", wlan0="brcmfmac wifi")
    udev = tmp_path / "udev"
    assert [each.name for each in found(sys, udev)] == ["eth0", "wlan0"]  # it notes nothing here
    (udev / "data").mkdir(parents=True)
    assert found(sys, udev) == ()
    (udev / "data/n2").touch()
    assert [each.name for each in found(sys, udev)] == ["eth0"]
