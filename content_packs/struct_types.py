"""Making msgspec ready before threads use it.

msgspec looks into a struct's fields when it first decodes one. Where two threads do that at once,
the process dies (seen with 0.22: a null pointer in its C code): a class that answers in the second
in which its box comes up would find the site gone.
"""

from collections.abc import Iterator
from contextlib import suppress

import msgspec

from content_packs.values import Value


def prepare() -> int:
    """Look into all structs of the modules that are imported; return how many. In one thread.

    Values are passed over: nothing ever decodes them.
    """
    count = 0
    for kind in _below(msgspec.Struct):
        with suppress(TypeError, NameError):  # one that can't be decoded, such as a generic one
            msgspec.json.Decoder(kind)
            count += 1
    return count


def _below(kind: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for each in kind.__subclasses__():
        if each is not Value:
            yield each
            yield from _below(each)
