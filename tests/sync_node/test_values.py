"""Values stay in memory: msgspec isn't made ready to decode them (struct_types.py)."""

import subprocess
import sys

from tests.support.source_code import CHECKOUT

# In a process of its own: what other tests define counts for nothing.
_LOOK = """
import msgspec
import sync_node.daemon, sync_node.engine_main, sync_node.claim_main
from content_packs.values import Value

def below(kind):
    for each in kind.__subclasses__():
        yield each
        yield from below(each)

def inside(kind, seen):
    cls = getattr(kind, "cls", None)
    if cls in seen:
        return
    if isinstance(kind, msgspec.inspect.StructType):
        seen.add(cls)
    yield kind
    inner = [field.type for field in getattr(kind, "fields", ())]
    inner += [getattr(kind, name, None) for name in ("item_type", "key_type", "value_type")]
    for each in (*inner, *getattr(kind, "types", ()), *getattr(kind, "item_types", ())):
        if each is not None:
            yield from inside(each, seen)

read = set(below(msgspec.Struct)) - set(below(Value)) - {Value}
for struct in read:
    for part in inside(msgspec.inspect.type_info(struct), set()):
        cls = getattr(part, "cls", None)
        if isinstance(cls, type) and issubclass(cls, Value):
            print(f"{struct.__name__} has a {cls.__name__}")
print(len(read))
"""


def test_nothing_that_is_read_holds_a_value() -> None:
    words = [sys.executable, "-c", _LOOK]
    done = subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert done.stdout.strip().isdecimal(), done.stdout
    assert int(done.stdout) > 100
