"""What a node's disk holds, found out from bytes alone, and what was asked for in spite of that."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from content_packs.digests import digest_of
from content_packs.layout import Block, Layout
from content_packs.manifest import Manifest
from content_packs.repository import bundle_path
from sync_node.data_dir import DataDir


class Span(NamedTuple):
    """Bytes `first` to `last`, both included, of the file at `path` of a repository."""

    path: str
    first: int
    last: int


def held_chunks(root: Path) -> set[str]:
    """Return the digests of the chunks that are on a node's disk, wherever they lie there."""
    data_dir = DataDir(root)
    held = set()
    for file in {file.digest: file for m in manifests(data_dir) for file in m.files}.values():
        for path in (data_dir.store_path(file.digest), data_dir.part_path(file.digest)):
            data, at = path.read_bytes() if path.exists() else b"", 0
            for chunk in file.pieces:
                if data and digest_of(data[at : at + chunk.size]) == chunk.digest:
                    held.add(chunk.digest)
                at += chunk.size
    return held


def manifests(data_dir: DataDir) -> list[Manifest]:
    """Return the manifests that a node holds."""
    paths = data_dir.manifests.glob("*.json")
    return [msgspec.json.decode(path.read_bytes(), type=Manifest) for path in paths]


def blocks(data_dir: DataDir) -> Iterator[tuple[str, Block, set[str]]]:
    """Yield the blocks in a node's layouts: their bundle's path, and the chunks that they bring."""
    held = {path.stem: path for path in data_dir.manifests.glob("*.json")}
    for path in data_dir.layouts.glob("*.json"):
        laid_out = msgspec.json.decode(path.read_bytes(), type=Layout)
        if laid_out.manifest not in held:
            continue
        manifest = msgspec.json.decode(held[laid_out.manifest].read_bytes(), type=Manifest)
        for block in laid_out.blocks:
            bundle = bundle_path(laid_out.bundles[block.bundle].digest)
            brings = {manifest.chunk_table[n].digest for n in block.chunks if n >= 0}
            yield bundle, block, brings


def fetched_again(data_dir: DataDir, held: set[str], asked: Iterable[Span]) -> list[str]:
    """Return the blocks that were asked for though all that they bring was held already."""
    asked = list(asked)
    return [
        f"{bundle} at {block.offset}"
        for bundle, block, brings in blocks(data_dir)
        if brings <= held
        for span in asked
        if span.path == bundle
        and span.first <= block.offset
        and block.offset + block.stored <= span.last + 1
    ]


def fetched_twice(asked: Iterable[Span]) -> list[str]:
    """Return the spans of bundles and deltas that overlap an earlier one."""
    found, before = [], dict[str, list[Span]]()
    for span in asked:
        if span.path.startswith(("bundles/", "deltas/")):
            earlier = before.setdefault(span.path, [])
            if any(span.first <= e.last and e.first <= span.last for e in earlier):
                found.append(f"{span}, after {earlier}")
            earlier.append(span)
    return found
