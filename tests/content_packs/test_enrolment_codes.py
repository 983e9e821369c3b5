"""A code typed as people type is read; one mistake in it is found before it costs a try."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs import enrolment_codes
from content_packs.enrolment_codes import ALPHABET, generate, is_code, read, shown
from content_packs.errors import InvalidContent
from content_packs.hub_keys import keyid_of
from tests.support.protocol import codes


@given(codes)
def test_what_is_printed_can_be_read(code: str) -> None:
    assert is_code(code)
    assert read(shown(code)) == read(code) == code
    assert [len(group) for group in shown(code).split("-")] == [4, 3, 4]


@given(st.binary(min_size=7, max_size=7), st.integers(0, 49))
def test_each_of_the_fifty_bits_makes_another_code(randomness: bytes, bit: int) -> None:
    other = (int.from_bytes(randomness) ^ 1 << (bit + 6)).to_bytes(7)
    assert generate(randomness)[:10] != generate(other)[:10]


def test_known_codes() -> None:
    """They are printed on sheets: these stay what they are."""
    assert generate(bytes(7)) == "00000000000"
    assert generate(b"satchel") == "EDGQ8RV8CNX"  # stands in PROTOCOL.md
    assert generate(b"\xff" * 7) == "ZZZZZZZZZZ" + generate(b"\xff" * 7)[10]
    assert (
        generate(bytes.fromhex("00443214c74254"))
        == "0123456789" + generate(bytes.fromhex("00443214c74254"))[10]
    )


@given(codes, st.randoms(use_true_random=False))
def test_reading_forgives_how_people_type(code: str, random: object) -> None:
    choice = random.choice  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    looks_like = {"0": "0Oo０", "1": "1IiLl"}
    typed = ""
    for character in code:
        typed += choice(["", "", " ", "-", "–", "\t", "\u3000", "－", "ー", "\u200b"])
        typed += choice(looks_like.get(character, character + character.lower()))
    assert read(typed) == code


def test_full_width_letters_are_read() -> None:
    code = generate(b"satchel")
    wide = "".join(chr(ord(character) + 0xFEE0) for character in code)
    assert read(wide) == code


@given(codes, st.integers(0, 10), st.sampled_from(ALPHABET))
def test_every_single_wrong_character_is_found(code: str, at: int, wrong: str) -> None:
    typed = code[:at] + wrong + code[at + 1 :]
    assert is_code(typed) == (typed == code)
    if typed != code:
        with pytest.raises(InvalidContent, match="a character is wrong"):
            read(typed)


@given(codes)
def test_every_swap_of_two_characters_is_found(code: str) -> None:
    for first, second in itertools.combinations(range(11), 2):
        swapped = list(code)
        swapped[first], swapped[second] = swapped[second], swapped[first]
        assert is_code("".join(swapped)) == ("".join(swapped) == code)


@given(st.text(max_size=80))
def test_whatever_is_typed_is_a_code_or_refused_without_repeating_it(text: str) -> None:
    try:
        code = read(text)
    except InvalidContent as error:
        refusal = error
    else:
        assert is_code(code)
        return
    assert refusal.message.startswith("enrolment code: ")
    assert refusal.hint
    assert len(text.strip()) < 4 or text not in refusal.message


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "0 letters and digits, expected 11"),
        ("7K3M-Q8T", "7 letters and digits, expected 11"),
        ("7K3M-Q8T-X2YAA", "12 letters and digits"),
        ("7K3M-U8T-X2YA", "character 5, 'U', is in no code"),
        ("7K3M-Q8T-X2Y!", "character 11, '!', is in no code"),
        ("中", "character 1, '中', is in no code"),
        ("0" * 65, "65 characters are too many"),
        ("\ufdfa" * 60, "is in no code"),  # NFKC makes 18 characters of it
    ],
)
def test_what_is_wrong_is_said(text: str, part: str) -> None:
    with pytest.raises(InvalidContent) as refusal:
        read(text)
    assert part in refusal.value.message


@pytest.mark.parametrize("size", [0, 6, 8])
def test_randomness_comes_in_sevens(size: int) -> None:
    with pytest.raises(ValueError, match="expected 7"):
        generate(bytes(size))


def test_a_fingerprint_is_short_and_tells_keys_apart() -> None:
    found = enrolment_codes.fingerprint(keyid_of(b"a key"))
    assert found == enrolment_codes.fingerprint(keyid_of(b"a key"))
    assert [len(group) for group in found.split("-")] == [4, 4, 4, 4]
    assert found != enrolment_codes.fingerprint(keyid_of(b"another key"))
    assert enrolment_codes.fingerprint("0" * 64) == "0000-0000-0000-0000"
