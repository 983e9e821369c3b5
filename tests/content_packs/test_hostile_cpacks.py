"""Cpacks that somebody bent: each refused before a wrong byte is given out, nothing written."""

import dataclasses
import struct
import zlib
from pathlib import Path

import msgspec
import pytest
import zstandard

from content_packs import compression, cpack, manifest
from content_packs.digests import digest_of
from content_packs.errors import InvalidContent, Missing
from content_packs.limits import MIB
from content_packs.manifest import Chunk
from tests.support.hostile_cpacks import (
    Bytes,
    Parts,
    added,
    bent_entry,
    bent_zip,
    flipped,
    sound_parts,
    swapped_blocks,
)
from tests.support.zips import END, Entry, make_zip, sizes64

GIB_OF_NOTHING = zstandard.ZstdCompressor(level=1)


def _bomb(size: int) -> bytes:
    packer = GIB_OF_NOTHING.compressobj(size=size)
    piece = bytes(MIB)
    return b"".join(packer.compress(piece) for _ in range(size // MIB)) + packer.flush()


def _wide_window(data: bytes) -> bytes:
    parameters = zstandard.ZstdCompressionParameters(window_log=27, write_content_size=0)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    return packer.compress(data) + packer.flush()


def _documents(parts: Parts, **stored: bytes) -> bytes:
    return make_zip(parts.entries(**stored))


def _headed(parts: Parts, data: bytes) -> bytes:
    entries = parts.entries()
    entries[0] = Entry("cpack.json", data)
    return make_zip(entries)


def _head(parts: Parts, **changes: object) -> bytes:
    entries = parts.entries()
    head = msgspec.json.decode(entries[0].data)
    return _headed(parts, msgspec.json.encode(head | changes, order="deterministic"))


def _file_with_another_digest(parts: Parts) -> Parts:
    files = list(parts.manifest.files)
    number = next(n for n, file in enumerate(files) if file.chunks)
    files[number] = msgspec.structs.replace(files[number], digest=digest_of(b"another"))
    return parts.with_manifest(files=tuple(files))


def _film_of_swapped_chunks(parts: Parts) -> Parts:
    files = list(parts.manifest.files)
    number = next(n for n, file in enumerate(files) if len(file.chunks) > 1)
    chunks: tuple[Chunk, ...] = files[number].chunks
    files[number] = msgspec.structs.replace(files[number], chunks=(*chunks[1:], chunks[0]))
    renumbered = parts.with_manifest(files=tuple(files))
    new = renumbered.manifest.number_of_chunk
    table = parts.manifest.chunk_table
    blocks = tuple(
        msgspec.structs.replace(b, chunks=tuple(new[table[n].digest] for n in b.chunks))
        for b in parts.layout.blocks
    )
    laid_out = msgspec.structs.replace(renumbered.layout, blocks=blocks)
    return dataclasses.replace(renumbered, layout=laid_out)


EVIL = Entry("../../evil", b"evil")
OVERLAP = "overlaps another or leaves a gap"

ZIPS: dict[str, tuple[Bytes, str]] = {
    "nothing": (lambda _: b"", "0 bytes, too short"),
    "no zip": (lambda _: b"hello " * 100, "doesn't end as a cpack does"),
    "an empty zip": (lambda _: make_zip([]), "has no cpack.json"),
    "half of it": (lambda parts: parts.zip()[: len(parts.zip()) // 2], "doesn't end as a cpack"),
    "all but the last byte": (lambda parts: parts.zip()[:-1], "doesn't end as a cpack does"),
    "bytes after its end": (bent_zip(trailing=b"x"), "doesn't end as a cpack does"),
    "another end inside a comment": (
        bent_zip(comment=END.pack(b"PK\5\6", 0, 0, 0, 0, 0, 0, 0)),
        "missing or doesn't belong|not a cpack|has no cpack.json|lie between",
    ),
    "a comment": (bent_zip(comment=b"hello"), "doesn't end as a cpack does"),
    "bytes in front": (lambda parts: b"#!/bin/sh\n" + parts.zip(), OVERLAP),
    "bytes before the directory": (bent_zip(between=b"evil"), "4 bytes lie between its entries"),
    "a gap between entries": (bent_entry(1, gap_before=b"evil"), OVERLAP),
    "entries that overlap": (bent_entry(2, offset=0), OVERLAP),
    "an entry past the end": (bent_entry(3, offset=1 << 31), OVERLAP),
    "a name twice": (
        lambda parts: make_zip([*parts.entries(), parts.entries()[0]]),
        "'cpack.json' stands twice",
    ),
    "a name outside": (added(EVIL), "'../../evil' doesn't belong"),
    "an absolute name": (added(Entry("/etc/cron.d/x", b"")), "'/etc/cron.d/x' doesn't belong"),
    "a name with backslashes": (added(Entry("..\\evil", b"")), "doesn't belong in a cpack"),
    "a name that draws on the terminal": (added(Entry("\x1b[2J", b"")), r"'\x1b[2J' doesn't"),
    "a folder": (added(Entry("bundles/", b"", mode=0o40755)), "'bundles/' doesn't belong"),
    "a name of 60,000 characters": (added(Entry("a" * 60_000, b"")), "doesn't belong|a directory"),
    "TUF metadata smuggled in": (
        added(Entry("metadata/1.root.json", b"{}")),
        "'metadata/1.root.json' is missing or doesn't belong",
    ),
    "a bundle too many": (
        added(Entry(f"bundles/{'d' * 64}.bundle", b"x")),
        "is missing or doesn't belong",
    ),
    "no bundle": (lambda parts: make_zip(parts.entries()[:3]), "is missing or doesn't belong"),
    "no manifest": (
        lambda parts: make_zip([parts.entries()[0], *parts.entries()[2:]]),
        "has no manifests/demo/",
    ),
    "no layout": (
        lambda parts: make_zip([*parts.entries()[:2], parts.entries()[3]]),
        "has no layouts/demo/",
    ),
    "a compressed entry": (
        bent_entry(0, method=8, data=zlib.compress(b"x")[2:-4], size=1),
        "is compressed, expected stored",
    ),
    "an entry of another method": (bent_entry(0, method=99), "is compressed, expected stored"),
    "an encrypted entry": (bent_entry(0, flags=1), "has flags 0x1"),
    "an entry with a data descriptor": (bent_entry(0, flags=8), "has flags 0x8"),
    "an entry with strong encryption": (bent_entry(0, flags=0x41), "has flags 0x41"),
    "a symbolic link": (bent_entry(3, mode=0o120777), "isn't a plain file"),
    "a device": (bent_entry(3, mode=0o060666), "isn't a plain file"),
    "another name in its own header": (
        bent_entry(1, local_name="../../evil"),
        "has another name in its own header",
    ),
    "an entry longer than the file": (
        bent_entry(3, size=1 << 30, packed_size=1 << 30),
        "lie between its entries",
    ),
    "an entry of two sizes": (bent_entry(3, packed_size=5), "is compressed, expected stored"),
    "zip64 sizes past the file": (
        bent_entry(3, size=1 << 32, packed_size=1 << 32, extra=sizes64(1 << 50, 1 << 50)),
        "lie between its entries",
    ),
    "zip64 sizes that are cut off": (
        bent_entry(3, size=1 << 32, packed_size=1 << 32, extra=struct.pack("<2H", 1, 16)),
        "not a cpack",
    ),
    "a directory said to be huge": (bent_zip(directory_size=1 << 31), "a directory of 2147483648"),
    "a zip64 directory without its end": (
        bent_zip(directory_size=0xFFFFFFFF),
        "its zip64 end is not where it has to be",
    ),
    "a directory of a million bytes": (bent_zip(padding=bytes(MIB)), "a directory of 10"),
    "a directory said to be small": (bent_zip(directory_size=10), "not a cpack"),
    "sixty thousand entries": (bent_zip(count=60_000), "says 60000 entries, has 4"),
    "several disks": (
        lambda parts: parts.zip()[:-18] + b"\1\0\1\0" + parts.zip()[-14:],
        "says that it is one of several",
    ),
}  # fmt: skip

HEADS: dict[str, tuple[Bytes, str]] = {
    "a head to come": (lambda parts: _head(parts, format=2), "cpack.json: format 2, expected 1"),
    "a head with a field more": (lambda parts: _head(parts, run="sh"), "unknown field `run`"),
    "a head that is no JSON": (lambda parts: _headed(parts, b"{"), "cpack.json: not JSON"),
    "a head with spaces": (lambda parts: _headed(parts, b'{ "format":1}'), "not canonical"),
    "a head of 65 kB": (lambda parts: _headed(parts, b" " * 65_537), "cpack.json has 65537 bytes"),
    "a head of another pack": (lambda parts: _head(parts, pack="other"), "has no manifests/other/"),
    "a head of a pack outside": (lambda parts: _head(parts, pack="../.."), "is not a name"),
    "a head of another version": (
        lambda parts: _head(parts, version=2),
        "cpack.json says demo 2, its manifest demo 1",
    ),
    "a head of another manifest": (
        lambda parts: _head(parts, manifest="e" * 64),
        "has no manifests/demo/eeee",
    ),
    "a head whose digest is a path": (
        lambda parts: _head(parts, manifest="../../x"),
        "is not a place in a repository",
    ),
}

DOCUMENTS: dict[str, tuple[Bytes, str]] = {
    "a manifest that is no zstd": (
        lambda parts: _documents(parts, stored_manifest=b"hello"),
        "manifest: not a zstd frame",
    ),
    "a manifest that is cut off": (
        lambda parts: _documents(parts, stored_manifest=manifest.pack(parts.manifest)[:-3]),
        "manifest: the zstd frame is cut off",
    ),
    "a manifest in two frames": (
        lambda parts: _documents(
            parts, stored_manifest=2 * compression.compress(b"{}", level=1)
        ),
        "bytes follow the zstd frame",
    ),
    "a manifest that is a bomb": (
        lambda parts: _documents(parts, stored_manifest=_bomb(1024 * MIB)),
        "manifest: decompresses to more than the 67108864 bytes allowed",
    ),
    "a manifest with a window of 128 MiB": (
        lambda parts: _documents(
            parts, stored_manifest=_wide_window(manifest.encode(parts.manifest))
        ),
        "not a zstd frame that can be read",
    ),
    "a skippable frame": (
        lambda parts: _documents(parts, stored_manifest=b"\x50\x2a\x4d\x18\x04\0\0\0evil"),
        "",
    ),
    "another manifest in its place": (
        lambda parts: _documents(
            parts, stored_manifest=manifest.pack(parts.with_manifest(grade="5").manifest)
        ),
        "manifest: expected digest",
    ),
    "a layout of another manifest": (
        lambda parts: dataclasses.replace(
            parts, layout=parts.with_manifest(grade="5").layout
        ).zip(),
        "layout: is of manifest",
    ),
    "a layout that is a bomb": (
        lambda parts: _documents(parts, stored_layout=_bomb(1024 * MIB)),
        "layout: decompresses to more than the 67108864 bytes allowed",
    ),
    "blocks past the bundle": (
        lambda parts: parts.with_blocks(offset=lambda at: at + 100).zip(),
        "don't lie in a bundle",
    ),
    "a bundle of another size": (
        lambda parts: dataclasses.replace(parts, bundle=parts.bundle + b"x").zip(),
        "its layout says",
    ),
}  # fmt: skip

CONTENTS: dict[str, tuple[Bytes, str]] = {
    "a bit flipped": (
        lambda parts: dataclasses.replace(parts, bundle=flipped(parts, 10_000)).zip(),
        "found digest",
    ),
    "a bit flipped, and the bundle's digest mended": (
        lambda parts: parts.with_bundle(flipped(parts, len(parts.bundle) - 60_000)).zip(),
        "expected digest",
    ),
    "a bundle of another magic": (
        lambda parts: parts.with_bundle(b"evil" + parts.bundle[4:]).zip(),
        "starts with b'evil",
    ),
    "blocks in each other's place": (
        lambda parts: swapped_blocks(parts).zip(),
        "expected digest",
    ),
    "blocks one byte off": (
        lambda parts: parts.with_blocks(offset=lambda at: at - 1).zip(),
        "expected digest|not a zstd frame",
    ),
    "texts said to be stored": (
        lambda parts: parts.with_blocks(coding=lambda _: 0).zip(),
        "stored as it is, but of two sizes",
    ),
    "films said to be compressed": (
        lambda parts: parts.with_blocks(coding=lambda _: 1).zip(),
        "not a zstd frame",
    ),
    "a film with another digest": (
        lambda parts: _file_with_another_digest(parts).zip(),
        "expected digest",
    ),
    "a film whose pieces changed places": (
        lambda parts: _film_of_swapped_chunks(parts).zip(),
        "expected digest",
    ),
}  # fmt: skip

EVERY = {**ZIPS, **HEADS, **DOCUMENTS, **CONTENTS}


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    return sound_parts(tmp_path_factory.mktemp("sound"))


def test_the_parts_make_a_sound_cpack(parts: Parts, tmp_path: Path) -> None:
    path = tmp_path / "sound.cpack"
    path.write_bytes(parts.zip())
    with cpack.open_cpack(path) as opened:
        cpack.verify(opened)


@pytest.mark.parametrize("name", EVERY)
def test_refused(parts: Parts, tmp_path: Path, name: str) -> None:
    make, part = EVERY[name]
    path = tmp_path / "bent.cpack"
    path.write_bytes(make(parts))
    with pytest.raises(InvalidContent) as refusal, cpack.open_cpack(path) as opened:
        cpack.verify(opened)
    assert any(one in refusal.value.message for one in part.split("|")), refusal.value.message
    assert refusal.value.message.isprintable()
    assert len(refusal.value.message) < 700
    assert [entry.name for entry in tmp_path.iterdir()] == ["bent.cpack"]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("name", EVERY)
def test_nothing_wrong_is_extracted(parts: Parts, tmp_path: Path, name: str) -> None:
    path = tmp_path / "bent.cpack"
    path.write_bytes(EVERY[name][0](parts))
    target = tmp_path / "room" / "target"
    right = {file.digest for file in parts.manifest.files}
    try:
        with cpack.open_cpack(path) as opened:
            cpack.extract(opened, target)
            right |= {file.digest for file in opened.manifest.files}
    except InvalidContent:
        pass
    written = [entry for entry in tmp_path.rglob("*") if entry.is_file() and entry != path]
    for entry in written:
        assert entry.is_relative_to(target)
        assert digest_of(entry.read_bytes()) in right


def test_a_file_that_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="no such file"), cpack.open_cpack(tmp_path / "none.cpack"):
        pass


def test_a_folder_is_no_cpack(tmp_path: Path) -> None:
    with pytest.raises(InvalidContent, match="is a folder"), cpack.open_cpack(tmp_path):
        pass
