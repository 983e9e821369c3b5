"""What people sign in with is kept as hashes alone, and hashing leaves the box its memory."""

import subprocess
import sys

import pytest

from content_packs.limits import MIB
from sync_node.school.hashing import hash_secret, is_secret
from tests.support.source_code import CHECKOUT

EIGHT_THREADS = """
import threading
from pathlib import Path
from sync_node.school.hashing import hash_secret

def held():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096

def go(_):
    for _ in range(2):
        hash_secret("4711", salt=b"salt")
    together.wait()
    end.wait()

together, end = threading.Barrier(9), threading.Event()
hash_secret("4711", salt=b"salt", cost=2)
before = held()
threads = [threading.Thread(target=go, args=(n,)) for n in range(8)]
for thread in threads:
    thread.start()
together.wait()
print(held() - before)
end.set()
"""


def test_a_hash_is_of_its_secret_alone() -> None:
    hashed = hash_secret("4711", salt=b"some salt", cost=16)
    assert hashed.startswith("scrypt:16:8:1$")
    assert is_secret("4711", hashed)
    assert not is_secret("4712", hashed)
    assert hashed != hash_secret("4711", salt=b"other salt", cost=16)


@pytest.mark.parametrize(
    "hashed",
    [
        "", "$", "$$", "4711", "scrypt:16:8:1$salt$", "scrypt:15:8:1$73$00", "plain$73$4711",
        "scrypt:1099511627776:8:1$73$00", "scrypt:16:9:1$73$00", "scrypt:x:8:1$73$00",
    ],
)  # fmt: skip
def test_what_is_no_hash_lets_nobody_in(hashed: str) -> None:
    assert not is_secret("4711", hashed)
    assert not is_secret("", hashed)


def test_a_class_that_signs_in_leaves_the_memory_as_it_was() -> None:
    done = subprocess.run(
        [sys.executable, "-c", EIGHT_THREADS],
        capture_output=True, text=True, check=True, cwd=CHECKOUT,
    )  # fmt: skip
    assert int(done.stdout) < 8 * MIB
