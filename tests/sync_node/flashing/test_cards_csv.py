"""A table of cards is read as the hub writes it, and as spreadsheets change it, or refused."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs import csv_cells
from content_packs.errors import InvalidContent, Missing
from sync_node.flashing import cards_csv
from sync_node.flashing.cards_csv import COLUMNS, CardRow
from sync_node.flashing.limits import CARD_LABEL_CHARACTERS_MAX
from tests.support.strategies import names

FOLDER = Path("/seeds")
_visible = st.characters(exclude_categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"])
_cells = st.text(_visible | st.just(" "), max_size=40).map(
    lambda text: " ".join(text.split()).lstrip("'")
)
rows = st.lists(
    st.builds(
        lambda seed, device, preload, label: (f"{seed}.seed.json", device, preload, label),
        names, st.sampled_from(["", "/dev/sdb", "usb-Reader_0:0"]),
        st.lists(names, max_size=4, unique=True).map(tuple), _cells,
    ),
    min_size=1, max_size=6, unique_by=lambda row: row[0],
)  # fmt: skip


def expected(found: list[tuple[str, str, tuple[str, ...], str]]) -> list[tuple[object, ...]]:
    return [(FOLDER / seed, device, preload, label) for seed, device, preload, label in found]


def plain(found: list[CardRow]) -> list[tuple[object, ...]]:
    return [(row.seed, row.device, row.preload, row.label) for row in found]


@given(rows)
def test_what_the_hub_writes_is_read(
    given_rows: list[tuple[str, str, tuple[str, ...], str]],
) -> None:
    cells = [(seed, device, " ".join(packs), label) for seed, device, packs, label in given_rows]
    data = b"".join(csv_cells.lines(COLUMNS, cells))
    found = cards_csv.parse(data, FOLDER, what="cards.csv")
    assert [row[:3] for row in plain(found)] == [row[:3] for row in expected(given_rows)]


@given(
    rows,
    st.permutations([*COLUMNS, "remarks"]),
    st.tuples(
        st.sampled_from([",", ";", "\t"]),
        st.sampled_from(["\n", "\r\n"]),
        st.sampled_from([" ", ", ", ";"]),
        st.sampled_from(["", csv_cells.BYTE_ORDER_MARK]),
    ),
)
def test_what_spreadsheets_make_of_it_is_read(
    given_rows: list[tuple[str, str, tuple[str, ...], str]],
    columns: list[str],
    manner: tuple[str, str, str, str],
) -> None:
    delimiter, end, between, mark = manner
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    writer.writerow([column.title() for column in columns])
    for seed, device, packs, label in given_rows:
        cells = {"seed": seed, "device": device, "preload": between.join(packs), "label": label}
        writer.writerow([cells.get(column, "old") for column in columns])
        writer.writerow([""] * len(columns))
    data = mark.encode() + out.getvalue().encode()
    found = cards_csv.parse(data, FOLDER, what="cards.csv")
    assert plain(found) == expected(given_rows)


@given(st.binary(max_size=300))
def test_whatever_else_is_read_or_refused_in_words(data: bytes) -> None:
    try:
        found = cards_csv.parse(b"seed,label\n" + data, FOLDER, what="cards.csv")
    except InvalidContent:
        return
    assert found
    assert all(len(row.label) <= CARD_LABEL_CHARACTERS_MAX for row in found)


FAULTS = {
    b"": "is empty",
    b"seed\n": "has no cards",
    b"sed,label\na,b\n": "no column `seed`, but sed, label",
    b"seed,seed\na,b\n": "the column seed stands twice",
    b"seed,label\na,1\n,2\n": "line 3: seed: is empty",
    b"seed,label\na,1\nb,2\na,3\n": "line 4: the seed of line 2 again",
    b"seed,preload\na,Grade 4!\n": "line 2: preload: 'Grade' can't be the name of a pack",
    b"seed,label\na," + b"x" * 61 + b"\n": "line 2: label: 61 characters, at most 60",
    b'seed,label\na,"x\n': "line 2",
    b"seed,label\na,\xff\n": "isn't UTF-8",
    b"seed,label\na,\x1b[31m\n": "line 2: label: has a character that can't be seen",
}


@pytest.mark.parametrize("data", FAULTS, ids=FAULTS.values())
def test_a_fault_is_named_with_its_line(data: bytes) -> None:
    with pytest.raises(InvalidContent) as refusal:
        cards_csv.parse(data, FOLDER, what="cards.csv")
    assert FAULTS[data] in refusal.value.message


def test_a_table_that_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(Missing):
        cards_csv.read(tmp_path / "cards.csv")


def test_a_label_that_a_spreadsheet_would_have_run_is_what_it_was() -> None:
    data = b"".join(csv_cells.lines(COLUMNS, [("a", "", "", "+1 staff room")]))
    assert cards_csv.parse(data, FOLDER, what="cards.csv")[0].label == "+1 staff room"
