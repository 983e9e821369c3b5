"""A stick that came back as a zip: where in it what boxes left lies. Pure.

People pack what they find: the stick, its folder `satchel`, or `up` alone, perhaps in one more
folder. Of all of it only what a box leaves for the hub counts, and a place says what it is.
"""

from content_packs import courier

_REPORTS = (courier.CLAIM, courier.REPORT)
_UP = courier.UP.rpartition("/")[2]


def place_on_stick(path: str) -> str:
    """Return where on a stick a file lies that somebody packed; empty for what no box left."""
    parts = path.split("/")
    starts = [0, *(number for number, part in enumerate(parts, 1) if part == _UP)]
    for start in starts:
        if place := _below_up(parts[start:]):
            return place
    return ""


def _below_up(parts: list[str]) -> str:
    if len(parts) < 2 or not courier.is_id(parts[0]):
        return ""
    node, *rest = parts
    if len(rest) == 1 and rest[0] in _REPORTS:
        return courier.up_path(node, rest[0])
    if len(rest) == 2 and rest[0] == courier.BATCHES:
        sequence = courier.sequence_of(rest[1])
        return "" if sequence is None else courier.batch_path(node, sequence)
    return ""
