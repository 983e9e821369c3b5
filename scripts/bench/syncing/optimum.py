"""The fewest bytes that could bring a tree: what is really new, compressed as well as zstd can.

- First: all text as one solid stream at level 22; each other file as it is, or at level 19 where
  that is less.
- Later: files whose bytes are held anywhere cost nothing. New and changed text is one solid stream
  at level 22, whose prefix is the text that it replaces. Another file that has an old version is
  its bytes with the old one as prefix, or just the pages of 4 KiB that differ with those that they
  replace as prefix, whichever is less. Other new files are as at first.

Neither names nor metadata are counted: nobody reaches it whole.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import zstandard

from scripts.bench.syncing.trees import Tree, kind_of

TEXT_KINDS = {"pages", "captions", "exercises", "other"}
_SOLID_LEVEL, _FILE_LEVEL = 22, 19
_WINDOW_LOG_MAX = 27
_PAGE_BYTES = 4_096


@dataclass(frozen=True)
class Optimum:
    """Bytes by kind of content; text, being solid, is one kind."""

    kinds: dict[str, int]

    @property
    def total(self) -> int:
        """All of its bytes."""
        return sum(self.kinds.values())


def of(new: Tree, old: Tree | None) -> Optimum:
    """Return the optimum from nothing, or from `old`, to `new`."""
    held = set(old.digests.values()) if old else set()
    fresh: dict[str, str] = {}  # by digest: what stands twice comes once
    for path, digest in new.digests.items():
        if digest not in held:
            fresh.setdefault(digest, path)
    kinds: dict[str, int] = {}
    text = []
    for path in sorted(fresh.values()):
        if kind_of(path) in TEXT_KINDS:
            text.append(path)
            continue
        data = new.read(path)
        size = _changed(data, old.read(path)) if old and path in old.digests else _alone(data)
        kinds[kind_of(path)] = kinds.get(kind_of(path), 0) + size
    if text:
        kinds["text"] = _text(new, old, text)
    return Optimum(kinds)


def _text(new: Tree, old: Tree | None, paths: list[str]) -> int:
    """Return the bytes of all text that is new, given the text that it replaces."""
    before = _solid(old, [path for path in paths if path in old.digests]) if old else b""
    if old and not before:  # all in new places: any text that is held may be like it
        before = _solid(old, [path for path in old.digests if kind_of(path) in TEXT_KINDS])
    return _compressed(_solid(new, paths), _SOLID_LEVEL, before)


def _solid(tree: Tree, paths: Iterable[str]) -> bytes:
    return b"".join(
        tree.read(path) for path in sorted(paths, key=lambda path: (kind_of(path), path))
    )


def _alone(data: bytes) -> int:
    return min(len(data), _compressed(data, _FILE_LEVEL))


def _changed(data: bytes, before: bytes) -> int:
    pages = [
        (data[at : at + _PAGE_BYTES], before[at : at + _PAGE_BYTES])
        for at in range(0, len(data), _PAGE_BYTES)
    ]
    differing = [pair for pair in pages if pair[0] != pair[1]]
    new_pages = b"".join(new for new, _ in differing)
    by_pages = _compressed(new_pages, _FILE_LEVEL, b"".join(old for _, old in differing))
    return min(_alone(data), by_pages, _compressed(data, _FILE_LEVEL, before))


def _compressed(data: bytes, level: int, prefix: bytes = b"") -> int:
    """Return the size of `data` as a zstd frame that says no more than it must."""
    window = min(_WINDOW_LOG_MAX, max(10, (len(data) + len(prefix)).bit_length()))
    given = zstandard.ZstdCompressionParameters.from_level(
        level, window_log=window, enable_ldm=bool(prefix), write_content_size=False,
        write_checksum=False, write_dict_id=False,
        source_size=len(data) + len(prefix), format=zstandard.FORMAT_ZSTD1_MAGICLESS,
    )  # fmt: skip
    if not prefix:
        return len(zstandard.ZstdCompressor(compression_params=given).compress(data))
    content = zstandard.ZstdCompressionDict(prefix, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    compressor = zstandard.ZstdCompressor(compression_params=given, dict_data=content)
    return len(compressor.compress(data))
