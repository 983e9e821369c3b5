"""What is typed after `install` is understood, kept for the next run, or refused in plain words."""

import contextlib
import string
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.hub import wishes
from deploy.hub.errors import InstallError, WrongWish
from deploy.hub.trying.following import WRONG
from deploy.hub.wishes import Wishes, keep, kept_of, read_kept, wishes_of

NAME = "hub.example.org"
labels = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=20)
hosts = st.lists(labels, min_size=1, max_size=4).map(".".join)
names = st.one_of(
    hosts.filter(lambda name: not name.rpartition(".")[2].isdecimal()),
    st.ip_addresses().map(str).filter(lambda found: "%" not in found),
)
lines = st.text(st.characters(exclude_categories=("C", "Z")), max_size=80)
folders = labels.map(lambda name: f"/srv/{name}")
kept_wishes = st.builds(
    Wishes,
    name=names,
    tls=st.sampled_from([wishes.SELF_SIGNED, wishes.FILES, wishes.NO_TLS]),
    title=lines,
    email=st.sampled_from(["", "ada@example.org"]),
    database=st.sampled_from(["sqlite", "postgresql", "postgresql://a@b:5432/c"]),
    objects=st.sampled_from(["folder", "s3://bucket/county"]),
    backup=st.lists(folders, min_size=1, max_size=3, unique=True).map(tuple),
    backup_keep=st.integers(1, 1_000),
    administrator=labels,
)


@given(kept_wishes)
def test_what_is_kept_is_read_again(wished: Wishes):
    assert kept_of(keep(wished).encode()) == wished


@given(kept_wishes)
def test_a_second_run_without_a_word_asks_for_the_same(wished: Wishes):
    assert wishes_of([], wished) == wished


@given(st.binary(max_size=300))
def test_any_bytes_in_place_of_what_was_kept_are_refused_in_words(data: bytes):
    with pytest.raises(WrongWish) as refused:  # none of them has a name
        kept_of(data)
    assert refused.value.message


@given(kept_wishes, st.data())
def test_a_damaged_file_never_ends_in_anything_but_wishes_or_words(
    wished: Wishes, data: st.DataObject
):
    text = bytearray(keep(wished).encode())
    at = data.draw(st.integers(0, len(text) - 1))
    text[at] = data.draw(st.integers(0, 255))
    try:
        found = kept_of(bytes(text))
    except WrongWish:
        return
    wishes.check(found, is_first=False)


@given(st.lists(st.one_of(lines, st.sampled_from(
    ["--tls", "--database", "--objects", "--backup", "--no-tls", "--restore", NAME]
)), max_size=6))  # fmt: skip
def test_any_words_are_wishes_or_are_refused(words: list[str]):
    if {"-h", "--help"} & set(words) or any(word.startswith("--h") for word in words):
        return
    with contextlib.suppress(InstallError):
        assert wishes_of(words, None).name


@pytest.mark.parametrize(("words", "code", "said"), [one for one in WRONG if one[1] == 2])
def test_a_wrong_word_is_refused(words: str, code: int, said: str):
    with pytest.raises(WrongWish, match=said) as refused:
        wishes_of(words.split() if "Ada" not in words else [NAME, "--administrator", "Ada L"], None)
    assert refused.value.exit_code == code


@pytest.mark.parametrize(
    ("words", "tls", "address"),
    [
        ([], "self-signed", f"https://{NAME}"),
        (["--no-tls"], "none", f"http://{NAME}"),
        (["--letsencrypt"], "letsencrypt", f"https://{NAME}"),
        (["--certificate", "c.pem", "--key", "k.pem"], "files", f"https://{NAME}"),
    ],
)
def test_one_way_of_tls(words: list[str], tls: str, address: str):
    found = wishes_of([NAME, *words], None)
    assert (found.tls, found.public_address) == (tls, address)


def test_an_address_of_ipv6_stands_in_brackets():
    assert wishes_of(["2001:db8::1"], None).public_address == "https://[2001:db8::1]"


def test_what_is_said_counts_in_place_of_what_was_kept():
    kept = Wishes(name=NAME, backup=("/srv/one",), tls="none", backup_keep=3)
    found = wishes_of(["--backup", "/srv/two", "--self-signed"], kept)
    assert found == replace(kept, backup=("/srv/two",), tls="self-signed")


def test_no_secret_and_nothing_for_once_is_kept():
    wished = Wishes(
        name=NAME, restore="/mnt/b", passphrase_file="/root/p", objects_credentials="/root/c",
        database_password_file="/root/d", certificate="/c", key="/k", start=False,
    )  # fmt: skip
    text = keep(wished)
    assert not any(word in text for word in ("/mnt", "/root", "/c", "/k", "start"))


def test_before_the_first_run_nothing_is_kept(tmp_path: Path):
    assert read_kept(tmp_path / "install.toml") is None


def test_a_file_that_is_wrong_is_named(tmp_path: Path):
    place = tmp_path / "install.toml"
    place.write_text(f'name = "{NAME}"\nport = 80\n')
    with pytest.raises(WrongWish, match=r"install\.toml: the key 'port' is unknown"):
        read_kept(place)
