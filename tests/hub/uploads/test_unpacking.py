"""A zip of a pack folder is unpacked; a bomb, or one with tricks, is refused."""

import io
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content_packs.errors import InvalidContent, SatchelError
from content_packs.limits import MIB
from hub.uploads.unpacking import unpack, unpack_chosen

PACK = {"pack.toml": b'id = "x"', "01-one/intro.md": b"# Hello"}


def zip_of(path: Path, files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize("within", ["", "my pack/"])
def test_a_pack_folder_comes_out(tmp_path: Path, within: str) -> None:
    made = zip_of(tmp_path / "p.zip", {f"{within}{name}": data for name, data in PACK.items()})
    folder = unpack(made, tmp_path / "out")
    assert (folder / "01-one/intro.md").read_bytes() == b"# Hello"


def test_what_a_mac_adds_is_left_out(tmp_path: Path) -> None:
    extra = {"__MACOSX/x/._pack.toml": b"junk", "x/.DS_Store": b"junk"}
    made = zip_of(tmp_path / "p.zip", {**{f"x/{n}": d for n, d in PACK.items()}, **extra})
    folder = unpack(made, tmp_path / "out")
    assert sorted(path.name for path in folder.iterdir()) == ["01-one", "pack.toml"]


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/etc/passwd", "..\\x", "a/../../x", "con", "a\u202eb", "C:/x", "a//b",
     "x" * 300, "/".join("a" * 40)],
)  # fmt: skip
def test_paths_with_tricks_are_refused(tmp_path: Path, name: str) -> None:
    made = zip_of(tmp_path / "p.zip", {**PACK, name: b"x"})
    with pytest.raises(InvalidContent):
        unpack(made, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("names", [("a", "A"), ("a", "a/b"), ("ﬁ", "fi")])
def test_names_that_meet_on_some_disk_are_refused(tmp_path: Path, names: tuple[str, str]) -> None:
    made = zip_of(tmp_path / "p.zip", {**PACK, **dict.fromkeys(names, b"x")})
    with pytest.raises(InvalidContent):
        unpack(made, tmp_path / "out")


def test_two_entries_for_one_place_are_refused_with_both_their_names(tmp_path: Path) -> None:
    made = zip_of(tmp_path / "p.zip", {"satchel/a.json": b"one", "a.json": b"two", "c.json": b""})
    with pytest.raises(InvalidContent) as refused:
        unpack_chosen(
            made, tmp_path / "out", lambda name: name.rpartition("/")[2], what="the stick"
        )
    assert "'satchel/a.json' and 'a.json' belong in one place" in refused.value.message
    assert not (tmp_path / "out").exists()


def test_a_link_is_refused(tmp_path: Path) -> None:
    made = tmp_path / "p.zip"
    with zipfile.ZipFile(made, "w") as archive:
        entry = zipfile.ZipInfo("link")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(InvalidContent, match="link"):
        unpack(made, tmp_path / "out")


def test_a_zip_bomb_that_shrinks_too_well_is_refused(tmp_path: Path) -> None:
    made = zip_of(tmp_path / "p.zip", {**PACK, "zeros.bin": bytes(64 * MIB)})
    assert made.stat().st_size < MIB
    with pytest.raises(InvalidContent, match="bomb"):
        unpack(made, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_bomb_of_many_that_are_each_small_enough_is_refused(
    tmp_path: Path,
) -> None:
    made = zip_of(tmp_path / "p.zip", {f"{n}.bin": bytes(MIB) for n in range(30)})
    with pytest.raises(InvalidContent, match="come out"):
        unpack(made, tmp_path / "out", bytes_max=20 * MIB)


def test_a_bomb_of_entries_that_share_their_bytes_is_refused(tmp_path: Path) -> None:
    made = zip_of(tmp_path / "p.zip", {"a": b"x" * 1000, "b": b"y"})
    data = bytearray(made.read_bytes())
    second = data.rfind(b"PK\x01\x02")
    data[second + 42 : second + 46] = struct.pack("<I", 0)  # b's bytes are said to be a's
    data[second + 20 : second + 24] = struct.pack("<I", 900)
    made.write_bytes(data)
    with pytest.raises(InvalidContent, match="bomb"):
        unpack(made, tmp_path / "out")


def test_an_entry_that_is_longer_than_it_says_is_refused(tmp_path: Path) -> None:
    made = zip_of(tmp_path / "p.zip", {"pack.toml": b"x" * 5000})
    data = bytearray(made.read_bytes())
    listed = data.rfind(b"PK\x01\x02")
    data[listed + 24 : listed + 28] = struct.pack("<I", 10)
    made.write_bytes(data)
    with pytest.raises(InvalidContent):
        unpack(made, tmp_path / "out")


def test_a_list_of_entries_of_gigabytes_is_not_read(tmp_path: Path) -> None:
    made = tmp_path / "p.zip"
    size = 600 * MIB
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, size, 0, 0)
    with made.open("wb") as file:
        file.truncate(size)
        file.seek(size)
        file.write(end)
    with pytest.raises(InvalidContent, match="list of entries"):
        unpack(made, tmp_path / "out")


def test_a_password_is_refused(tmp_path: Path) -> None:
    made = zip_of(tmp_path / "p.zip", PACK)
    data = bytearray(made.read_bytes())
    listed = data.find(b"PK\x01\x02")
    data[listed + 8] |= 1
    made.write_bytes(data)
    with pytest.raises(InvalidContent, match="password"):
        unpack(made, tmp_path / "out")


def test_other_ways_of_compressing_are_refused(tmp_path: Path) -> None:
    made = zip_of(tmp_path / "p.zip", PACK, zipfile.ZIP_LZMA)
    with pytest.raises(InvalidContent):
        unpack(made, tmp_path / "out")


def test_a_zip_without_a_pack_says_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidContent, match=r"pack\.toml"):
        unpack(zip_of(tmp_path / "p.zip", {"a.txt": b"x"}), tmp_path / "out")


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 400), st.binary(min_size=1, max_size=8))
def test_whatever_the_bytes_it_is_unpacked_or_refused(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, at: int, patch: bytes
) -> None:
    folder = tmp_path_factory.mktemp("noise")
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in PACK.items():
            archive.writestr(name, data)
    data = bytearray(whole.getvalue())
    data[at : at + len(patch)] = patch
    for content in (bytes(data), noise):
        made = folder / "p.zip"
        made.write_bytes(content)
        try:
            unpack(made, folder / "out")
        except SatchelError:
            continue
        assert (folder / "out").is_dir()
