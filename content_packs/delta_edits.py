"""Finds what was changed alike in many texts: a template's footer, a link in every page.

Such an edit is said once in a delta, and done to the old texts before they are the prefix: so a
change of a template costs its own bytes, not some for each page.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

from content_packs.limits import DELTA_EDIT_BYTES_MAX, DELTA_EDITS_MAX

Pair = tuple[bytes, bytes]  # what was, what is

_SAMPLE = 48  # pairs that are compared line by line
_TEXTS_MIN = 3  # that an edit has to be good for
_HARM_MAX = 0.1  # the share of texts that an edit changes though they haven't changed so
# Bytes kept before and after what differs, so that nothing else is edited. What stands there may be
# of one page alone.
_CONTEXTS = ((8, 8), (24, 24), (16, 0), (0, 16))


def common_edits(pairs: Sequence[Pair]) -> list[Pair]:
    """Return the edits, in order, that bring many of the old texts nearer to the new ones."""
    found: list[Pair] = []
    sample = list(pairs[:: -(-len(pairs) // _SAMPLE)]) if len(pairs) >= _TEXTS_MIN else []
    while len(found) < DELTA_EDITS_MAX:
        edit = _best(sample)
        if edit is None:
            break
        sample = [(old.replace(*edit), new) for old, new in sample]
        if _is_worth(edit, pairs):
            found.append(edit)
    return found


def _best(sample: Sequence[Pair]) -> Pair | None:
    """Return the edit that most texts of the sample have in common, of those the shortest."""
    seen: Counter[Pair] = Counter()
    for old, new in sample:
        if old != new:
            seen.update(set(_edits(old, new)))
    useful = [edit for edit, count in seen.items() if count >= _TEXTS_MIN]
    harmless = [edit for edit in useful if _harm(edit, sample) <= seen[edit] * _HARM_MAX]
    # the texts themselves at last, so that the same versions give the same delta in every process
    return max(harmless, key=lambda edit: (seen[edit], -len(edit[0] + edit[1]), edit), default=None)


def _edits(old: bytes, new: bytes) -> Iterator[Pair]:
    """Yield what differs between two texts, each difference with more and with less around it."""
    before, after = old.split(b"\n"), new.split(b"\n")
    for start, end, new_start, new_end in differences(before, after):
        # with the lines around, so that what was put in or taken away has a place
        some = slice(max(0, start - 1), end + 1)
        other = slice(max(0, new_start - 1), new_end + 1)
        yield from _narrowed(b"\n".join(before[some]), b"\n".join(after[other]))
        if end - start == new_end - new_start > 1:
            for one, two in zip(before[start:end], after[new_start:new_end], strict=True):
                yield from _narrowed(one, two)


def differences(
    before: Sequence[bytes], after: Sequence[bytes]
) -> Iterator[tuple[int, int, int, int]]:
    """Yield the ranges of lines that differ: start and end in `before`, and in `after`.

    Between lines that stand once in both, and in the same order (a "patience" diff): lines that
    stand often, such as closing tags, then cost no time.
    """
    at = new_at = 0
    for line, new_line in [*_anchors(before, after), (len(before), len(after))]:
        end, new_end = line, new_line
        while at < end and new_at < new_end and before[at] == after[new_at]:
            at, new_at = at + 1, new_at + 1
        while at < end and new_at < new_end and before[end - 1] == after[new_end - 1]:
            end, new_end = end - 1, new_end - 1
        if at < end or new_at < new_end:
            yield at, end, new_at, new_end
        at, new_at = line, new_line


def _anchors(before: Sequence[bytes], after: Sequence[bytes]) -> list[tuple[int, int]]:
    """Return the longest row of lines that stand once in both texts, as places in both."""
    places = _once(after)
    pairs = [(at, places[line]) for line, at in _once(before).items() if line in places]
    ends: list[int] = []  # by length of row: the place in `after` where the best one ends
    last: list[int] = []  # the same: the number of its last pair
    previous: list[int] = []
    for number, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        previous.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [place]
        last[length : length + 1] = [number]
    row = []
    number = last[-1] if last else -1
    while number >= 0:
        row.append(pairs[number])
        number = previous[number]
    return row[::-1]


def _once(lines: Sequence[bytes]) -> dict[bytes, int]:
    counts = Counter(lines)
    return {line: at for at, line in enumerate(lines) if counts[line] == 1}


def _narrowed(one: bytes, two: bytes) -> Iterator[Pair]:
    """Yield a pair without what is the same at both ends, but for some context."""
    if one == two:
        return
    most = min(len(one), len(two))
    head = next((n for n in range(most) if one[n] != two[n]), most)
    tail = next((n for n in range(most - head) if one[-1 - n] != two[-1 - n]), most - head)
    for before, after in _CONTEXTS:
        start, end = max(0, head - before), max(0, tail - after)
        pair = one[start : len(one) - end], two[start : len(two) - end]
        if pair[0] and max(map(len, pair)) <= DELTA_EDIT_BYTES_MAX and _is_text(pair):
            yield pair


def _is_text(pair: Pair) -> bool:
    try:
        return all(part.decode() is not None for part in pair)
    except UnicodeDecodeError:
        return False


def _harm(edit: Pair, pairs: Sequence[Pair]) -> int:
    """Return how many texts an edit brings away from what they became."""
    return sum(not _fits(edit, old, new) for old, new in pairs if edit[0] in old)


def _fits(edit: Pair, old: bytes, new: bytes) -> bool:
    edited = old.replace(*edit)
    return all(edited.count(text) == new.count(text) for text in edit)


def _is_worth(edit: Pair, pairs: Sequence[Pair]) -> bool:
    concerned = [(old, new) for old, new in pairs if edit[0] in old]
    harm = _harm(edit, concerned)
    return len(concerned) - harm >= _TEXTS_MIN and harm <= len(concerned) * _HARM_MAX
