"""What each kind of change costs: the claims that a school's link is spared what it has."""

import io
import random
import sqlite3
import tempfile
import zipfile
from pathlib import Path

import msgspec
import pytest
import zstandard

from content_packs.delta_making import make_delta
from content_packs.digests import digest_of
from content_packs.errors import Refused
from content_packs.layout import STORED, Block, BundleReference, Layout
from content_packs.limits import MIB
from content_packs.manifest import File
from tests.support.packs import random_bytes
from tests.support.versions import Made, Version, delta_between

WORDS = [random.Random(n).randbytes(4).hex()[: 3 + n % 6] for n in range(900)]


def page(number: int, *, footer: str = "Spring edition of the county course") -> bytes:
    chance = random.Random(number)
    lines = [" ".join(chance.choices(WORDS, k=30)) for _ in range(12)]
    body = "\n".join(f"<p>{line}</p>" for line in lines)
    return (
        f"<!doctype html>\n<html><head><title>{lines[0][:20]}</title></head>\n<body>\n"
        f'<header class="banner"><p>A course for schools</p></header>\n<main>\n{body}\n</main>\n'
        f"<footer><p>{footer}</p><p>Copy it freely.</p></footer>\n</body>\n</html>\n"
    ).encode()


def film(seed: int, size: int = 2 * MIB, header: int = 9_000) -> bytes:
    """A film as bytes: an index of places, then what no compression shortens."""
    index = b"".join((seed * 7 + 97 * n).to_bytes(4, "big") for n in range(header // 4))
    return b"ftypisom" + index + random_bytes(seed, size)


def test_nothing_changed_but_the_version_costs_its_number() -> None:
    files = {f"unit/{n}.html": page(n) for n in range(200)}
    made = delta_between(files, files)
    assert made.update_bytes < 120
    assert made.facts.small == made.facts.large == made.facts.blocks == 0


def test_a_renamed_folder_with_hundreds_of_files_costs_its_name() -> None:
    before = {f"unit-12/{n:03}.html": page(n) for n in range(400)}
    others = {f"unit-13/{n:03}.html": page(n + 1_000) for n in range(100)}
    after = {path.replace("unit-12", "water"): data for path, data in before.items()}
    made = delta_between(before | others, after | others)
    assert made.update_bytes < 260
    assert made.head().recipe.renames == (("unit-12", "water"),)


def test_a_renamed_folder_of_which_every_file_changed() -> None:
    before = {f"unit-12/{n:03}.html": page(n) for n in range(100)}
    after = {f"water/{n:03}.html": page(n, footer="Autumn") for n in range(100)}
    made = delta_between(before, after)
    assert made.update_bytes < 900


def test_bytes_that_are_held_anywhere_cost_nothing() -> None:
    big = film(1)
    before = {"a/film.mp4": big, "a/page.html": page(1)}
    after = before | {"b/again.mp4": big, "c/other.html": page(1)}
    made = delta_between(before, after)
    assert made.facts.blocks == made.facts.large == made.facts.small == 0
    assert made.update_bytes < 700, "new paths and their digests in the manifest"


def test_a_footer_in_500_pages_costs_the_footer() -> None:
    before = {f"unit-{n % 9}/{n:03}.html": page(n) for n in range(500)}
    after = {
        path: data.replace(b"Spring edition of the county", b"Autumn edition, read again, of the")
        for path, data in before.items()
    }
    made = delta_between(before, after)
    assert made.update_bytes < 800
    assert len(made.head().recipe.edits) == 1


def test_two_places_of_a_template_changed_and_some_pages_edited() -> None:
    before = {f"{n:03}.html": page(n) for n in range(300)}
    after = {}
    for path, data in before.items():
        number = int(path[:3])
        text = data.replace(b"county course", b"whole country's course")
        text = text.replace(b'<header class="banner">', b'<header class="top" id="top">')
        if number % 20 == 0:
            text = text.replace(b"<main>", b"<main>\n<p>A new first line in this page</p>")
        after[path] = text
    made = delta_between(before, after)
    assert made.update_bytes < 1_500
    assert len(made.head().recipe.edits) == 2


def test_twenty_typos_cost_some_hundred_bytes() -> None:
    before = {f"unit-{n % 40}/{n:04}.html": page(n) for n in range(800)}
    after = dict(before)
    chance = random.Random(3)
    for path in chance.sample(sorted(before), 20):
        words = before[path].split(b" ")
        words[chance.randrange(20, len(words))] = chance.choice(WORDS).encode()
        after[path] = b" ".join(words)
    made = delta_between(before, after)
    assert made.update_bytes < 350
    assert made.facts.derived == made.facts.groups == 1, "no digest of a changed page is sent"


def test_only_what_changed_is_read() -> None:
    files = {f"unit/{n:03}.html": page(n) for n in range(100)} | {"film.mp4": film(1)}
    old = Version(files)
    new = Version(files | {"unit/007.html": page(7, footer="Autumn")}, old)
    read: set[str] = set()

    def reading(version: Version) -> object:
        def read_range(file: File, offset: int, length: int) -> bytes:
            read.add(file.path)
            return version.read_range(file, offset, length)

        return read_range

    make_delta(old.manifest, new.manifest, new.layout, reading(old), reading(new), io.BytesIO())
    assert read == {"unit/007.html"}


def test_a_page_that_was_renamed_and_changed_is_found() -> None:
    before = {f"{n:03}.html": page(n) for n in range(50)}
    after = dict(before)
    after["moved/elsewhere.html"] = after.pop("017.html").replace(b"<main>", b"<main>\n<hr>")
    made = delta_between(before, after)
    (group,) = made.head().groups
    assert [file.old.path for file in group.files if file.old] == ["017.html"]
    assert group.span.stored < 60


def test_a_new_page_is_made_from_one_that_is_like_it() -> None:
    before = {f"{n:03}.html": page(n) for n in range(50)}
    made = delta_between(before, before | {"new.html": page(99)})
    (group,) = made.head().groups
    alone = len(zstandard.ZstdCompressor(19).compress(page(99)))
    assert group.files[0].old is not None
    assert group.span.stored < alone - 150, "the template is not sent again"


def test_a_new_text_like_nothing_is_a_group_without_prefix() -> None:
    poem = "\n".join(f"{n * n * 7919:x}" for n in range(200)).encode()
    made = delta_between({"a.html": page(1)}, {"a.html": page(1), "poem.html": poem})
    (group,) = made.head().groups
    assert group.prefix == ()
    assert made.facts.blocks == 0


def test_new_films_and_pictures_are_left_to_blocks() -> None:
    before = {"a.html": page(1)}
    after = before | {"film.mp4": film(5), "picture.png": random_bytes(9, 50_000)}
    made = delta_between(before, after)
    assert made.facts.small == made.facts.large == 0
    assert made.facts.blocks_stored <= 2 * MIB + 60_000
    assert made.facts.stored < 900


def test_a_replaced_film_is_left_to_blocks() -> None:
    made = delta_between({"film.mp4": film(1)}, {"film.mp4": film(2)})
    assert made.facts.large == 0
    assert made.facts.blocks_stored <= len(film(2)) + 100


def test_a_replaced_picture_is_left_to_blocks() -> None:
    before = {"a.png": random_bytes(1, 90_000), "b.png": random_bytes(2, 90_000)}
    made = delta_between(before, before | {"a.png": random_bytes(3, 90_000)})
    assert made.facts.small == 0
    assert made.facts.blocks_stored == 90_000


def test_a_sheet_of_which_a_part_changed_is_made_from_the_old_one() -> None:
    sheet = random_bytes(1, 300_000)
    after = sheet[:100_000] + random_bytes(2, 3_000) + sheet[102_000:]
    made = delta_between({"sheet.pdf": sheet}, {"sheet.pdf": after})
    assert made.update_bytes < 3_400


def test_a_remuxed_film_costs_its_header() -> None:
    body = film(1)[9_008:]
    before = film(1)
    after = film(77)[:9_008] + b"free" + body
    made = delta_between({"film.mp4": before}, {"film.mp4": after})
    assert made.update_bytes < 9_100
    assert made.facts.large == 1
    assert len(made.head().large[0].copies.copies) <= 4


@pytest.mark.parametrize(
    "cut", [slice(300_000, None), slice(0, 1_900_000), slice(99_999, 1_777_777)]
)
def test_a_trimmed_film_costs_next_to_nothing(cut: slice) -> None:
    before = random_bytes(1, 3 * MIB)
    made = delta_between({"film.mp4": before}, {"film.mp4": before[cut]})
    assert made.update_bytes < 900, "mostly the digests of chunks at its ends"


def test_two_films_joined_cost_next_to_nothing() -> None:
    one, two = random_bytes(1, MIB + 5), random_bytes(2, MIB + 500_000)
    made = delta_between({"1.mp4": one, "2.mp4": two}, {"both.mp4": one[:-7] + two[11:]})
    assert made.update_bytes < 1_100
    assert len(made.head().large[0].old) == 2


def _zip(path: Path, members: dict[str, bytes]) -> bytes:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return path.read_bytes()


def test_a_zip_whose_members_moved_costs_its_directory(tmp_path: Path) -> None:
    members = {f"{n:02}.jpg": random_bytes(n, 60_000) for n in range(40)}
    before = _zip(tmp_path / "before.zip", members)
    chance = random.Random(1)
    names = chance.sample(sorted(members), len(members))
    moved = {name: members[name] for name in names} | {"new.jpg": random_bytes(99, 5_000)}
    after = _zip(tmp_path / "after.zip", moved)
    made = delta_between({"a.zip": before}, {"a.zip": after})
    assert made.update_bytes < 5_000 + 2_100, "the new member, 40 places, digests of chunks"


def test_an_archive_with_some_rows_changed_costs_those(tmp_path: Path) -> None:
    path = tmp_path / "archive.sqlite"
    chance = random.Random(1)
    rows = [(" ".join(chance.choices(WORDS, k=60)),) for _ in range(6_000)]
    with sqlite3.connect(path) as archive:
        archive.execute("create table entry (id integer primary key, body text)")
        archive.executemany("insert into entry (body) values (?)", rows)
    archive.close()
    before = path.read_bytes()
    changed = [
        (" ".join(chance.choices(WORDS, k=60)), number)
        for number in chance.sample(range(1, len(rows)), 120)
    ]
    with sqlite3.connect(path) as archive:
        archive.executemany("update entry set body = ? where id = ?", changed)
    archive.close()
    after = path.read_bytes()
    made = delta_between({"archive.sqlite": before}, {"archive.sqlite": after})
    new_rows = "".join(body for body, _ in changed).encode()
    least = len(zstandard.ZstdCompressor(19).compress(new_rows))
    assert made.facts.large == 1
    assert made.update_bytes < 1.25 * least + 1_000


def test_a_text_that_grew_past_a_mebibyte_and_one_that_shrank() -> None:
    long = b"".join(page(n) for n in range(700))
    assert len(long) > MIB
    before = {"grows.html": long[:900_000], "shrinks.html": long}
    after = {"grows.html": long, "shrinks.html": long[:900_000]}
    made = delta_between(before, after)
    assert made.update_bytes < 1_500


def test_an_update_of_everything_is_still_exact() -> None:
    before = {f"{n}.html": page(n) for n in range(20)} | {"f.mp4": film(1)}
    after = {f"{n}.html": page(n + 500) for n in range(30)} | {"f.mp4": film(9), "empty.html": b""}
    made = delta_between(before, after)
    assert made.facts.small == 30


def test_incompressible_text_is_stored() -> None:
    made = delta_between({"a.html": b"x"}, {"a.html": random_bytes(1, 4_000)})
    (group,) = made.head().groups
    assert group.coding == STORED


def test_the_first_groups_need_no_manifest_within_a_bound() -> None:
    """So that a node has the manifest, and can say how much will come, after a small part."""
    chance = random.Random(5)
    before = {f"{n:03}.html": page(n) for n in range(20)}
    after = {path: data + chance.randbytes(9_000).hex().encode() for path, data in before.items()}
    made = delta_between(before, after)
    head = made.head()
    stored = sum(group.span.stored for group in head.derived)
    assert head.recipe.derived < len(head.groups)
    assert stored <= max(64 * 1024, made.update_bytes / 100)


def test_two_files_that_change_alike_are_both_made() -> None:
    made = delta_between(
        {"a.html": page(1), "b.html": page(1)},
        {"a.html": page(1, footer="Autumn"), "b.html": page(1, footer="Autumn")},
    )
    assert made.facts.small == 2
    assert made.update_bytes < 300


def test_progress_counts_the_bytes_of_what_changed() -> None:
    old = Version({"a.html": page(1), "f.mp4": film(1)})
    new = Version({"a.html": page(2), "f.mp4": film(1) + b"more"}, old)
    done: list[int] = []
    make_delta(
        old.manifest, new.manifest, new.layout, old.reader, new.reader, io.BytesIO(), done.append
    )
    assert sum(done) == len(page(2)) + len(film(1)) + 4


def test_a_delta_is_made_from_versions_far_apart() -> None:
    files = {f"{n:02}.html": page(n) for n in range(30)}
    first = Version(files)
    second = Version({p: d.replace(b"Spring", b"Summer") for p, d in files.items()}, first)
    third = Version({p: d.replace(b"Spring", b"Autumn") for p, d in files.items()}, second)
    assert Made(first, third).update_bytes < 500


@pytest.mark.long
def test_blocks_that_are_too_many_to_name_are_left_to_the_layout() -> None:
    count = 70_000
    files = tuple(File(f"{n:05}.png", 5, digest_of(b"%d" % n), "image/png") for n in range(count))
    old = Version({"a.html": page(1)})
    new = msgspec.structs.replace(old.manifest, version=2, files=(*files, *old.manifest.files))
    blocks = tuple(Block(0, 10**11 + 5 * n, 5, 5, STORED, (n,)) for n in range(count))
    laid_out = Layout(1, "", (BundleReference("b" * 64, 10**12),), blocks)
    with pytest.raises(Refused, match="a manifest of"):
        make_delta(old.manifest, new, laid_out, old.reader, old.reader, io.BytesIO())
    others = tuple(File(f"x{n:05}.png", 5, "0" * 64, "image/png") for n in range(count))
    before = msgspec.structs.replace(new, version=1, files=others)
    out = io.BytesIO()
    made = make_delta(before, new, laid_out, _nothing, _nothing, out)
    assert made.blocks == 0
    assert made.blocks_stored == 5 * count


def _nothing(_file: File, _offset: int, length: int) -> bytes:
    return bytes(length)


def test_an_edit_that_would_make_much_of_one_text_leaves_that_alone() -> None:
    """A footer grew on every page; one page lists 20,000 of the old ones."""
    footer, longer = b"<footer>the old footer</footer>\n", b"the new one " + b"x" * 3_900
    before = {
        f"a/{n:02}.html": b"<p>" + random_bytes(n, 40).hex().encode() + b"</p>\n" + footer
        for n in range(30)
    }
    after = {path: page.replace(b"the old footer", longer) for path, page in before.items()}
    before["a/list.html"] = footer * 20_000
    after["a/list.html"] = before["a/list.html"] + b"<p>one more</p>\n"
    made = delta_between(before, after)
    assert made.facts.small == 31
    assert made.facts.stored < 1_000


def test_much_that_is_new_goes_to_the_folder_that_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's folder for temporary files is often kept in memory."""
    old = Version({"film.mp4": random_bytes(1, 28 * MIB)})
    pieces = [
        old.content["film.mp4"][at : at + 40_000] + random_bytes(at + 2, 60_000)
        for at in range(0, 28 * MIB, 100_000)
    ]
    new = Version({"film.mp4": b"".join(pieces)}, old)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    made = make_delta(
        old.manifest, new.manifest, new.layout, old.reader, new.reader, io.BytesIO(),
        work_folder=tmp_path,
    )  # fmt: skip
    assert made.large == 1
    assert made.stored > 16 * MIB
    assert list(tmp_path.iterdir()) == []
