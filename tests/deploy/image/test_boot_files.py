"""The boot partition's texts: they name the right slot, and boot counting tells entries apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.image import boot_files
from deploy.node.update import manifest

SLOTS = st.sampled_from(boot_files.SLOTS)
SECTOR = 512


@given(SLOTS, st.integers(1, boot_files.VERSION_MAX))
def test_a_slots_texts_name_that_slot_and_no_other(slot: str, version: int) -> None:
    other = boot_files.SLOTS[1 - boot_files.SLOTS.index(slot)]
    for name, text in boot_files.slot_texts(slot, version).items():
        assert f"{other}/" not in text, name
        assert f"satchel.slot={other}" not in text, name
        assert text.endswith("\n")
        assert "\r" not in text
        assert text.isascii()
    entry = boot_files.entry(slot, version)
    assert f"linux /{slot}/vmlinuz\n" in entry
    assert f"initrd /{slot}/initrd.img\n" in entry
    assert f"version {version}\n" in entry


def test_the_slots_of_a_pi_differ_in_one_letter_within_one_sector() -> None:
    # So a box changes config.txt by one write that a card does whole or not at all.
    a, b = (boot_files.pi_config(slot).encode() for slot in "ab")
    assert len(a) == len(b) == SECTOR
    assert max(map(len, a.splitlines())) < 80  # the firmware reads no endless lines
    assert sum(x != y for x, y in zip(a, b, strict=True)) == 1
    assert boot_files.read_pi_slot(a.decode()) == "a"
    assert boot_files.read_pi_slot(b.decode()) == "b"


@pytest.mark.parametrize(
    "text", ["", "os_prefix=c/\n", "os_prefix=a/\nos_prefix=b/\n", "prefix=a/"]
)
def test_a_config_that_names_no_slot_or_two_is_none(text: str) -> None:
    assert boot_files.read_pi_slot(text) is None


@given(SLOTS, st.none() | st.integers(1, boot_files.TRIES_MAX))
def test_an_entrys_name_is_read_as_it_was_meant(slot: str, tries: int | None) -> None:
    name = boot_files.entry_name(slot, tries)
    assert boot_files.read_entry_name(name) == (slot, tries, 0)
    assert boot_files.read_entry_name(name.upper()) == (slot, tries, 0)


def test_names_that_the_loader_makes_are_read() -> None:
    assert boot_files.read_entry_name("satchel-b+2-1.conf") == ("b", 2, 1)
    assert boot_files.read_entry_name("satchel-b+0-3.conf") == ("b", 0, 3)
    for name in ("satchel-c.conf", "satchel-a.conf.part", "satchel-a+.conf", "debian.conf"):
        assert boot_files.read_entry_name(name) is None


@given(st.text(max_size=30))
def test_any_name_is_read_or_is_none_of_ours(name: str) -> None:
    found = boot_files.read_entry_name(name)
    assert found is None or found[0] in boot_files.SLOTS


@pytest.mark.parametrize(("slot", "version"), [("c", 1), ("", 1), ("a", 0), ("a", 2**53)])
def test_what_no_entry_may_have_is_refused(slot: str, version: int) -> None:
    with pytest.raises(boot_files.BadBootFile):
        boot_files.entry(slot, version)


@pytest.mark.parametrize("word", ["two words", "line\nbreak", "", "ü", "x" * 1100])
def test_a_kernel_option_that_would_break_the_line_is_refused(word: str) -> None:
    with pytest.raises(boot_files.BadBootFile):
        boot_files.entry("a", 1, (word,))


def test_a_new_card_starts_slot_a_and_is_tried_no_further() -> None:
    files = boot_files.as_built(7)
    assert files["loader/entries/satchel-a.conf"] == files["a/entry.conf"]
    assert files["config.txt"] == files["a/config.txt"]
    assert not [place for place in files if place.startswith("b/") or "go-back" in place]
    assert "default satchel-*\n" in files["loader/loader.conf"]


def test_updates_find_a_slots_texts_under_the_names_that_they_look_for() -> None:
    assert {manifest.ENTRY, "config.txt", "cmdline.txt"} == set(boot_files.slot_texts("b", 2))
