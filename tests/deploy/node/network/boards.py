"""Made-up /sys trees, as boards have them."""

from pathlib import Path


def board(sys: Path, **interfaces: str) -> Path:
    """Make a /sys; each interface is `driver`, `driver usb` or `driver wifi usb`."""
    known = len(list(sys.glob("class/net/*/ifindex")))
    for number, (name, text) in enumerate(interfaces.items(), known + 2):
        driver, *is_also = text.split()
        place = sys / "class/net" / name
        device = sys / "devices" / name
        device.mkdir(parents=True)
        place.mkdir(parents=True)
        (place / "type").write_text("1\n")
        (place / "ifindex").write_text(f"{number}\n")
        (place / "device").symlink_to(device)
        (device / "driver").symlink_to(f"/sys/bus/x/drivers/{driver}")
        (device / "subsystem").symlink_to(f"/sys/bus/{'usb' if 'usb' in is_also else 'sdio'}")
        if "wifi" in is_also:
            (place / "phy80211").mkdir()
    loopback = sys / "class/net/lo"
    loopback.mkdir(parents=True, exist_ok=True)
    (loopback / "type").write_text("772\n")
    return sys
