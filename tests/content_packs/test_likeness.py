"""The old text that a new one came from is found among many."""

import random

from content_packs.likeness import Likeness, sketch

WORDS = ["".join(random.Random(n).choices("abcdefgh", k=3 + n % 6)) for n in range(500)]


def text(seed: int) -> bytes:
    head = "<html><head><title>A course for the schools of the county</title></head><body>"
    return (head + " ".join(random.Random(seed).choices(WORDS, k=400))).encode()


def test_a_changed_text_is_nearest_to_what_it_was() -> None:
    likeness = Likeness()
    for seed in range(200):
        likeness.add(seed, text(seed))
    for seed in (3, 77, 199):
        words = text(seed).split(b" ")
        words[100:120] = [b"quite", b"another", b"sentence"]
        assert likeness.most_alike(b" ".join(words)) == seed


def test_nothing_is_like_what_shares_nothing() -> None:
    likeness = Likeness()
    likeness.add(1, text(1))
    assert likeness.most_alike(random.Random(1).randbytes(3_000)) is None
    assert likeness.most_alike(b"") is None
    assert likeness.most_alike(b"short") is None


def test_a_sketch_is_small_and_that_of_the_content_alone() -> None:
    long = b"".join(text(n) for n in range(60))
    assert len(sketch(long)) <= 64
    assert sketch(long) == sketch(long)
    assert sketch(b"x" * 100_000) == sketch(b"x" * 200_000)
