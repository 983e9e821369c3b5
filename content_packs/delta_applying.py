"""Making a version's files and its manifest by a delta. Pure: old bytes come from functions.

First the derived groups, then the manifest (whose digest is signed), then the rest in any order:
every file is checked against it by whoever puts it in its place.
"""

from collections.abc import Callable, Iterator, Mapping

from content_packs import compression, layout
from content_packs import delta_template as templates
from content_packs import manifest as manifests
from content_packs.delta import Head, LiteralGroup, SmallGroup
from content_packs.delta_copies import within
from content_packs.digests import expect_digest
from content_packs.errors import InvalidContent
from content_packs.layout import ZSTD, Layout
from content_packs.limits import DELTA_GROUP_BYTES_MAX
from content_packs.manifest import File, Manifest

ReadRange = Callable[[File, int, int], bytes]  # a file, an offset in it, how many bytes


def make_files(
    head: Head, number: int, stored: bytes, read_old: Callable[[File], bytes]
) -> list[tuple[int, bytes]]:
    """Return the files that a group makes, each with its number in the new manifest.

    `stored` is the group's bytes, `read_old` gives an old file whole. Raises `InvalidContent`; the
    files' digests are still to be checked.
    """
    group = head.groups[number]
    what = f"{head.what}: group {number}"
    room = DELTA_GROUP_BYTES_MAX - group.size
    pieces = []
    for old in group.prefix:
        data = _expect_size(read_old(old), old.size, old.path)
        pieces.append(templates.edited(data, head.edits, room, what))
        room -= len(pieces[-1])
    data = _decoded(stored, group, b"".join(pieces), what)
    found = []
    at = 0
    for file in group.files:
        found.append((file.number, data[at : at + file.size]))
        at += file.size
    return found


def derived_manifest(
    head: Head, made: Mapping[int, tuple[str, int]], *, expected: str, what: str = ""
) -> Manifest:
    """Return the new manifest, whose digest is `expected` (signed), and check the recipe by it.

    `made` are digest and size of each file of the derived groups, by number. Raises
    `InvalidContent`, of which `DigestMismatch` where delta, old files and new manifest don't fit.
    """
    what = what or head.what
    data = templates.state(head.template, made, what)
    expect_digest(data, expected, what=f"{what}: the manifest that it makes")
    manifest = manifests.decode(data, what=what)
    sizes = {file.number: file.size for group in head.groups for file in group.files}
    sizes |= {large.number: large.size for large in head.large}
    for number, size in sizes.items():
        if number >= len(manifest.files) or manifest.files[number].size != size:
            raise InvalidContent(f"{what}: file {number} isn't one of {size} bytes")
    layout.check_blocks(blocks_of(head, expected), manifest.chunk_table, what=what)
    return manifest


def blocks_of(head: Head, manifest_digest: str) -> Layout:
    """Return where the wholly new chunks lie: a layout of part of the new version."""
    recipe = head.recipe
    return Layout(layout.FORMAT, manifest_digest, recipe.bundles, recipe.blocks)


def copies_of(head: Head, number: int) -> Iterator[tuple[int, list[tuple[File, int, int]]]]:
    """Yield what a large file takes from old files.

    Each is a position in the new file, and (old file, offset, length) whose bytes go there one
    after another.
    """
    large = head.large[number]
    for copy in large.copies.copies:
        places = large.copies.places(copy.source, copy.length)
        yield copy.position, [(large.old[n], offset, length) for n, offset, length in places]


def literals_of(
    head: Head, number: int, group_number: int, stored: bytes, read_old: ReadRange
) -> list[tuple[int, bytes]]:
    """Return what a group of a large file's literals writes: positions in the new file, bytes.

    `stored` is the group's bytes. Raises `InvalidContent`; the file's digest is still to be checked
    when its copies and all of its groups are written.
    """
    large = head.large[number]
    group = large.groups[group_number]
    what = f"{head.what}: large file {number}, group {group_number}"
    prefix = b"".join(
        _expect_size(read_old(large.old[n], offset, length), length, large.old[n].path)
        for run in within(large.copies.unused, group.prefix_start, group.prefix_length)
        for n, offset, length in large.copies.places(run.place, run.length)
    )
    data = _decoded(stored, group, prefix, what)
    runs = within(large.copies.literals, large.starts[group_number], group.size)
    return [(run.place, data[run.at : run.at + run.length]) for run in runs]


def _decoded(stored: bytes, group: SmallGroup | LiteralGroup, prefix: bytes, what: str) -> bytes:
    span = group.span.stored if isinstance(group, SmallGroup) else group.stored
    data = _expect_size(stored, span, what)
    if group.coding == ZSTD:
        data = compression.decompress(stored, bytes_max=group.size, what=what, prefix=prefix)
    return _expect_size(data, group.size, what)


def _expect_size(data: bytes, size: int, what: str) -> bytes:
    if len(data) != size:
        raise InvalidContent(f"{what}: {len(data)} bytes, expected {size}")
    return data
