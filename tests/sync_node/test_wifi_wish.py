"""The Wi-Fi that a school wants: what is refused, and what is kept of the rest."""

import tomllib
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.errors import InvalidContent
from sync_node import wifi_wish
from sync_node.wifi_wish import WifiWish

names = (
    st.text(min_size=1, max_size=32)
    .filter(lambda text: text.isprintable() and text == text.strip())
    .filter(lambda text: 0 < len(text.encode()) <= 32)
)
passphrases = st.just("") | st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=8, max_size=63
)
wishes = st.builds(
    WifiWish,
    name=names,
    passphrase=passphrases,
    country=st.sampled_from(("", "CN", "KE", "US")),
    mode=st.sampled_from(("built-in", "access-points")),
    captive=st.booleans(),
    phones_max=st.integers(0, 512),
)


@given(wish=wishes)
def test_what_is_written_is_what_was_wanted(wish: WifiWish) -> None:
    found = tomllib.loads(wifi_wish.encoded(wifi_wish.check(wish)))
    assert found == {"format": 1, **asdict(wish)}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "name: 0 bytes"),
        ("name", "学" * 11, "name: 33 bytes"),
        ("name", "a\nssid2=b", "can't be seen"),
        ("name", " Satchel", "spaces at its ends"),
        ("name", "\ud800", "valid Unicode"),
        ("passphrase", "seven77", "passphrase: 7 characters"),
        ("passphrase", "x" * 64, "passphrase: 64 characters"),
        ("passphrase", "contraseña", "printable ASCII"),
        ("country", "cn", "country: 'cn'"),
        ("country", "CHN", "country: 'CHN'"),
        ("mode", "mesh", "mode: 'mesh'"),
        ("phones_max", -1, "phones_max: -1"),
        ("phones_max", 513, "phones_max: 513"),
    ],
)
def test_what_no_box_could_be_is_refused_by_name(
    tmp_path: Path, field: str, value: object, said: str
) -> None:
    with pytest.raises(InvalidContent, match=said):
        wifi_wish.write(tmp_path / "box", replace(WifiWish(), **{field: value}))
    assert not (tmp_path / "box").exists()


def test_the_file_is_not_for_everybody(tmp_path: Path) -> None:
    wifi_wish.write(tmp_path / "box", WifiWish(passphrase="correct horse"))
    assert (tmp_path / "box/wifi.toml").stat().st_mode & 0o077 == 0


def test_it_can_be_changed(tmp_path: Path) -> None:
    for name in ("Satchel", "Hope Primary 希望"):
        wifi_wish.write(tmp_path / "box", WifiWish(name=name))
        assert tomllib.loads((tmp_path / "box/wifi.toml").read_text())["name"] == name


@given(wish=wishes)
def test_what_was_written_is_read_back(
    wish: WifiWish, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp() / "read-back"
    wifi_wish.write(folder, wish)
    assert wifi_wish.read(folder) == wish


@pytest.mark.parametrize(
    "text",
    ["", "format = 2", "format = 1\nname = 7", "format = 1\ncaptive = 1", "format = 1\nother = 1",
     "format = 1\nphones_max = true", "format = 1\nname = ''", "nonsense", "# " + "x" * 5_000],
)  # fmt: skip
def test_what_can_not_be_followed_is_as_if_it_were_not_there(tmp_path: Path, text: str) -> None:
    (tmp_path / wifi_wish.NAME).write_text(text, encoding="utf-8")
    assert wifi_wish.read(tmp_path) == WifiWish()
    (tmp_path / wifi_wish.NAME).unlink()
    assert wifi_wish.read(tmp_path) == WifiWish()
