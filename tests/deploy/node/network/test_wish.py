"""wifi.toml as root reads it: what sync-node writes is read so; all else is refused, by name."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.errors import InvalidContent
from deploy.node.network.wish import BYTES_MAX, InvalidWish, Wish, decoded, read
from sync_node import wifi_wish
from sync_node.wifi_wish import WifiWish

anything = st.builds(
    WifiWish,
    name=st.text(max_size=40),
    passphrase=st.text(max_size=70) | st.text(st.characters(codec="ascii"), max_size=70),
    country=st.text(max_size=3) | st.sampled_from(("", "CN", "KE", "ＣＮ", "cn")),
    mode=st.sampled_from(("built-in", "access-points", "", "mesh")),
    captive=st.booleans(),
    phones_max=st.integers(-2, 600),
)


@given(wanted=anything)
def test_root_is_as_strict_as_who_writes_and_reads_just_that(wanted: WifiWish) -> None:
    try:
        text = wifi_wish.encoded(wifi_wish.check(wanted)).encode()
    except InvalidContent:
        text = wifi_wish.encoded(wanted).encode("utf-8", "surrogatepass")
        with pytest.raises(InvalidWish):
            decoded(text, "wifi.toml")
        return
    assert decoded(text, "wifi.toml") == Wish(
        wanted.name, wanted.passphrase, wanted.country, wanted.mode, wanted.captive,
        wanted.phones_max,
    )  # fmt: skip


@given(data=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidWish):
        decoded(data, "wifi.toml")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "expected `format = 1`"),
        ("format = 2", "expected `format = 1`"),
        ('format = 1\nssid = "a"', "unknown key 'ssid'"),
        ("format = 1\nname = 3", "name: found 3"),
        ("format = 1\ncaptive = 1", "captive: found 1, expected true or false"),
        ("format = 1\nphones_max = true", "phones_max: found True"),
        ('format = 1\npassphrase = "short"', "passphrase: found 'short', expected nothing, or 8"),
        ("a" * (BYTES_MAX + 1), f"more than {BYTES_MAX} bytes"),
    ],
)
def test_a_refusal_names_what_is_wrong(line: str, said: str) -> None:
    with pytest.raises(InvalidWish, match=said):
        decoded(line.encode(), "wifi.toml")


def test_without_a_file_there_is_an_open_network(tmp_path: Path) -> None:
    assert read(tmp_path / "wifi.toml") == Wish()
    assert Wish() == Wish(name="Satchel", passphrase="", mode="built-in", captive=True)


def test_what_only_has_the_files_name_is_not_read(tmp_path: Path) -> None:
    """Its folder is the unprivileged user's: a link could lead root anywhere, a pipe keep it."""
    real = tmp_path / "real.toml"
    real.write_text("format = 1\n")
    assert read(real) == Wish()
    for name in ("link", "pipe", "folder"):
        place = tmp_path / name
        if name == "link":
            place.symlink_to(real)
        elif name == "pipe":
            os.mkfifo(place)
        else:
            place.mkdir()
        with pytest.raises(InvalidWish, match=name):
            read(place)
