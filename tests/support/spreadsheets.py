"""What a spreadsheet makes of a CSV file of ours."""

import csv
import io

STARTERS = "=+-@＝＋－＠"


def cells_of(data: bytes, *, delimiter: str = ",") -> list[list[str]]:
    text = data.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def runs(cell: str) -> bool:
    """Say whether a spreadsheet might take a cell for a formula."""
    bare = cell.strip().strip('"').strip()
    return (bare[:1] in STARTERS and bare != "") or cell[:1] in {"\t", "\r", "\n"}
