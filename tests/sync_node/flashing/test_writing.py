"""A card is whole or starts nothing: pulled at any call, then run again, it is as it should."""

from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from content_packs.errors import InvalidContent, Refused, StorageFailed
from content_packs.limits import GIB, MIB
from sync_node.flashing import block_map, contents, gpt, images, marks, probing
from sync_node.flashing.gpt import Partition, Table
from sync_node.flashing.limits import PROBE_BYTES, SECTOR_BYTES
from sync_node.flashing.marks import Mark
from sync_node.flashing.writing import HEAD_BYTES, Layout, Part, Written, write_card
from tests.support.memory_cards import MemoryCard

SIZE = 15 * MIB
MARK = Mark(card=7, school="qamdo", seed="ab" * 32, image="cd" * 32)
NONCE = bytes(32)
GARBAGE = Random(1).randbytes(MIB) * 15


@dataclass(frozen=True)
class Wanted:
    """A layout of two parts with holes between, and what a card has to be in the end."""

    layout: Layout
    content: bytes

    def is_on(self, card: MemoryCard) -> bool:
        table = self.layout.table
        expected = {0: table.head(), SIZE - gpt.TAIL_BYTES: table.tail()}
        expected[HEAD_BYTES] = self.content
        return all(card.held[start : start + len(data)] == data for start, data in expected.items())


@pytest.fixture
def wanted(tmp_path: Path) -> Wanted:
    block = Random(2).randbytes(MIB)
    first = block * 2 + bytes(3 * MIB) + block + bytes(2 * MIB)
    second = block + bytes(2 * MIB + 512)
    parts = []
    for at, data in ((HEAD_BYTES, first), (HEAD_BYTES + len(first), second)):
        file = tmp_path / f"part-{at}"
        file.write_bytes(data)
        parts.append(Part(at, file, block_map.make(images.plain_pieces(file))))
    boot = Partition(b"k" * 16, b"i" * 16, 2_048, 10_000, 0, "boot")
    data = Partition(b"k" * 16, b"j" * 16, 18_432, 20_000, 0, "data")
    table = Table(b"t" * 16, SIZE // SECTOR_BYTES, (boot, data), (0, 1)).fitted(SIZE)
    return Wanted(Layout(tuple(parts), table), first + second)


def write(card: MemoryCard, wanted: Wanted, nonce: bytes | None = NONCE) -> Written:
    return write_card(card, wanted.layout, MARK, nonce=nonce, progress=lambda *_: None)


@pytest.mark.parametrize("old", [b"", GARBAGE], ids=["new", "used"])
def test_a_card_becomes_what_it_should_be_whatever_was_on_it(wanted: Wanted, old: bytes) -> None:
    card = MemoryCard(SIZE, old=old)
    done = write(card, wanted)
    assert wanted.is_on(card)
    assert gpt.read(bytes(card.held[: gpt.HEAD_BYTES]), what="card") == wanted.layout.table
    assert contents.look(card).state == "fresh"
    assert done.read_back == done.written
    assert done.written + done.kept == len(wanted.content)
    if old:
        assert not done.kept


def test_pulled_at_any_call_it_starts_nothing_and_the_same_run_again_ends_it(
    wanted: Wanted,
) -> None:
    chance = Random(20_261_122)
    older = wanted.layout.table.head() + GARBAGE[gpt.HEAD_BYTES :]  # a box's, from earlier
    whole = MemoryCard(SIZE, old=older)
    write(whole, wanted)
    begun = 0
    for calls in [*range(0, whole.calls - 24, 8), *range(whole.calls - 24, whole.calls)]:
        card = MemoryCard(SIZE, old=older, calls_left=calls, chance=chance)
        with pytest.raises(StorageFailed, match="pulled"):
            write(card, wanted)
        left = card.put_in_again()
        found = contents.look(left)
        untouched = not card.written and left.held == card.held
        assert wanted.is_on(left) or untouched or found.state in {"begun", "empty"}, calls
        begun += found.mark == MARK
        done = write(left, wanted)
        assert wanted.is_on(left), calls
        if found.mark and calls > whole.calls - 8:
            assert not done.written, "what is there isn't written again"
    assert begun > 12, "most of the time a mark says what was begun"


def test_a_table_comes_only_when_everything_else_was_read_back(wanted: Wanted) -> None:
    for rots in (HEAD_BYTES + 5, HEAD_BYTES + 4 * MIB, HEAD_BYTES + 8 * MIB):
        card = MemoryCard(SIZE, old=GARBAGE, rots=rots)
        with pytest.raises(StorageFailed, match="reads back otherwise") as failure:
            write(card, wanted, nonce=None)
        assert "Throw it away" in failure.value.hint
        assert contents.look(card).mark == MARK


@pytest.mark.parametrize(
    ("true_size", "drops"), [(8 * MIB, True), (8 * MIB + 512 * 9, True), (8 * MIB, False)]
)
def test_a_card_that_is_smaller_than_it_says_is_refused(
    wanted: Wanted, true_size: int, drops: bool
) -> None:
    card = MemoryCard(SIZE, true_size=true_size, drops=drops)
    with pytest.raises(Refused, match=r"says it has 15\.7 MB, but what was written at") as refusal:
        write(card, wanted)
    assert "forged" in refusal.value.hint
    assert contents.look(card).state in {"empty", "other"}, "nothing starts from it"


def test_of_any_size_the_probe_finds_cards_that_come_round() -> None:
    for size in (2 * GIB, 31_914_983_424, 512 * 10**9):
        tried = probing.places(size)
        assert len(tried) < 80
        assert all(0 < at <= size - PROBE_BYTES and at % PROBE_BYTES == 0 for at in tried)
        for power in range(24, 40):
            true = 1 << power
            if true < size // 2:
                again = {at % true for at in tried if at >= true}
                assert again & {at for at in tried if at < true} or len(again) < len(
                    [at for at in tried if at >= true]
                ), f"{size} is really {true}"


def test_a_file_that_changes_while_it_is_written_is_said(wanted: Wanted) -> None:
    part = wanted.layout.parts[0].file
    data = bytearray(part.read_bytes())
    data[100] ^= 1
    part.write_bytes(data)
    with pytest.raises(InvalidContent, match="changed while it was written"):
        write(MemoryCard(SIZE), wanted)


def test_parts_that_overlap_or_do_not_fit_are_refused(wanted: Wanted) -> None:
    first, second = wanted.layout.parts
    for parts in ((second, first), (first, first)):
        with pytest.raises(InvalidContent, match="overlaps"):
            Layout(parts, wanted.layout.table).check(SIZE)
    with pytest.raises(InvalidContent, match="larger than the card"):
        wanted.layout.check(12 * MIB)


def test_a_mark_is_read_as_it_was_written_and_nothing_else_is() -> None:
    data = marks.encode(MARK)
    assert marks.read(data) == MARK
    assert marks.read(data.ljust(MIB, b"\0")) == MARK
    assert marks.read(data[:60].ljust(4096, b"\0")) is None
    assert marks.read(bytes(4096)) is None
    for at in range(0, 150, 7):
        broken = bytearray(data)
        broken[at] ^= 0x20
        assert marks.read(bytes(broken)) != MARK


def ext4(mounts: int = 0, mounted: int = 0, magic: bytes = b"\x53\xef") -> bytes:
    block = bytearray(2_048)
    block[1_024 + 0x38 : 1_024 + 0x3A] = magic
    block[1_024 + 0x34 : 1_024 + 0x36] = mounts.to_bytes(2, "little")
    block[1_024 + 0x2C : 1_024 + 0x30] = mounted.to_bytes(4, "little")
    return bytes(block)


@pytest.mark.parametrize(
    ("superblock", "state"),
    [
        (ext4(), "fresh"),
        (bytes(2_048), "fresh"),
        (ext4(mounts=1), "used"),
        (ext4(mounted=1_800_000_000), "used"),
        (ext4(mounts=3, magic=b"XX"), "fresh"),
    ],
)
def test_a_card_that_was_in_a_box_is_known(wanted: Wanted, superblock: bytes, state: str) -> None:
    card = MemoryCard(SIZE)
    card.held[: gpt.HEAD_BYTES] = wanted.layout.table.head()
    start = wanted.layout.table.named("data").start
    card.held[start : start + 2_048] = superblock
    found = contents.look(card)
    assert found.state == state
    if state == "used":
        with pytest.raises(Refused, match="may hold records of pupils") as refusal:
            contents.check_unused(found, "/dev/sdb")
        assert "--erase-used" in refusal.value.hint
    else:
        contents.check_unused(found, "/dev/sdb")


def test_what_is_on_a_card_is_said_in_words(wanted: Wanted) -> None:
    card = MemoryCard(SIZE)
    assert contents.look(card).in_words() == "is empty"
    card.held[:4096] = marks.encode(MARK)
    assert contents.look(card).in_words() == "was begun for card 7 of qamdo, and never ended"
    card.held[:HEAD_BYTES] = GARBAGE[:HEAD_BYTES]
    assert contents.look(card).in_words() == "holds something else"
    assert contents.look(MemoryCard(4096)).state == "other"
    assert contents.look(MemoryCard(SIZE, old=wanted.layout.table.head())).in_words() == (
        "holds a box's system that never started"
    )
