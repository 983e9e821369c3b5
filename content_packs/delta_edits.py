"""Finds what was changed alike in many texts: a template's footer, a link in every page.

Such an edit is said once in a delta, and done to the old texts before they are the prefix: so a
change of a template costs its own bytes, not some for each page.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from content_packs.limits import DELTA_EDIT_BYTES_MAX, DELTA_EDITS_MAX

Pair = tuple[bytes, bytes]  # what was, what is

_SAMPLE = 48  # pairs that are compared line by line
_LINES_MAX = 2_000
_TEXTS_MIN = 3  # that an edit has to be good for
_HARM_MAX = 0.1  # the share of texts that an edit changes though they haven't changed so
_CONTEXTS = (8, 24)  # bytes kept around what differs, so that nothing else is edited


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
    return max(harmless, key=lambda edit: (seen[edit], -len(edit[0] + edit[1])), default=None)


def _edits(old: bytes, new: bytes) -> Iterator[Pair]:
    """Yield what differs between two texts, each difference with more and with less around it."""
    before, after = old.split(b"\n"), new.split(b"\n")
    if max(len(before), len(after)) > _LINES_MAX:
        return
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal":
            continue
        # with the lines around, so that what was put in or taken away has a place
        some = slice(max(0, start - 1), end + 1)
        other = slice(max(0, new_start - 1), new_end + 1)
        yield from _narrowed(b"\n".join(before[some]), b"\n".join(after[other]))
        if end - start == new_end - new_start > 1:
            for one, two in zip(before[start:end], after[new_start:new_end], strict=True):
                yield from _narrowed(one, two)


def _narrowed(one: bytes, two: bytes) -> Iterator[Pair]:
    """Yield a pair without what is the same at both ends, but for some context."""
    if one == two:
        return
    most = min(len(one), len(two))
    head = next((n for n in range(most) if one[n] != two[n]), most)
    tail = next((n for n in range(most - head) if one[-1 - n] != two[-1 - n]), most - head)
    for context in _CONTEXTS:
        start, end = max(0, head - context), max(0, tail - context)
        pair = one[start : len(one) - end], two[start : len(two) - end]
        if pair[0] and max(map(len, pair)) <= DELTA_EDIT_BYTES_MAX and _is_text(pair):
            yield pair


def _is_text(pair: Pair) -> bool:
    try:
        return all(part.decode() is not None for part in pair)
    except UnicodeDecodeError:
        return False


def _harm(edit: Pair, pairs: Sequence[Pair]) -> int:
    """Return how many texts still have what the edit takes away."""
    return sum(edit[0] in new for old, new in pairs if edit[0] in old)


def _is_worth(edit: Pair, pairs: Sequence[Pair]) -> bool:
    good = sum(edit[0] in old and edit[0] not in new and edit[1] in new for old, new in pairs)
    return good >= _TEXTS_MIN and _harm(edit, pairs) <= good * _HARM_MAX
