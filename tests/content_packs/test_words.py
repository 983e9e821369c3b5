"""Names, languages, digests, places and offers: small words with a strict spelling."""

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs import digests, names, offers, repository
from content_packs.errors import DigestMismatch, InvalidContent
from content_packs.offers import Offer
from tests.support.strategies import names as good_names

D = "a" * 64
OFFER = Offer("fractions", 3, D, 900, "b" * 64, 300, 5_000_000)


@given(good_names)
def test_a_name_is_safe_in_every_place(name: str) -> None:
    assert names.is_name(name)
    assert names.check_name(name, what="test") == name
    for place in (
        repository.manifest_path(name, D),
        repository.layout_path(name, D),
        repository.metadata_path(f"1.c-{name}.json"),
    ):
        assert repository.is_place(place)


@given(st.text(max_size=10) | st.text("aZ0-._/ \n", max_size=10))
def test_what_is_no_name_is_refused(text: str) -> None:
    if re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", text, re.ASCII) and not text.endswith("\n"):
        assert names.is_name(text)
    else:
        with pytest.raises(InvalidContent, match="is not a name"):
            names.check_name(text, what="test")


@pytest.mark.parametrize("tag", ["en", "zh", "zh-Hant", "zh-Hans-CN", "bo", "und", "sgn-CN"])
def test_languages_of_schools_pass(tag: str) -> None:
    assert names.is_language(tag)


@pytest.mark.parametrize("tag", ["", "e", "EN", "en_US", "en-", "english", "en-x\n", "e" * 36])
def test_other_words_are_no_languages(tag: str) -> None:
    assert not names.is_language(tag)


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "metadata", "metadata/", "metadata/0.root.json", "metadata/root.json",
        "metadata/1.c-Demo.json", "metadata/../hub.db", "../metadata/timestamp.json",
        f"bundles/{D}", f"bundles/{D}.bundle/", f"bundles/{D.upper()}.bundle",
        f"bundles/{D}.bundle\n", f"manifests/{D}.json.zst", f"manifests/a/b/{D}.json.zst",
        f"manifests/../{D}.json.zst", "keys/timestamp.pem", "hub.db",
        "metadata/timestamp.json.part",
    ],
)  # fmt: skip
def test_nothing_but_the_places_of_a_repository_is_ever_served(path: str) -> None:
    assert not repository.is_place(path)


def test_all_but_the_timestamp_stays_for_ever() -> None:
    assert not repository.is_immutable(repository.TIMESTAMP)
    assert repository.is_place(repository.TIMESTAMP)
    assert repository.is_immutable(repository.bundle_path(D))


def test_the_digest_is_what_sha256sum_prints(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert digests.digest_of(b"abc") == digests.digest_of_file(tmp_path / "a") == expected
    digests.expect_digest(b"abc", expected, what="test")
    with pytest.raises(DigestMismatch, match="expected digest a"):
        digests.expect_digest(b"abc", D, what="test")


def test_an_offer_comes_back_from_its_target() -> None:
    custom = offers.to_custom(OFFER)
    name = offers.target_of("county-primary", OFFER)
    assert name == "county-primary/fractions/3"
    assert offers.from_target("county-primary", name, custom) == OFFER
    assert offers.from_target("county-primary", name, custom | {"from_the_future": 1}) == OFFER
    assert "rollout" not in custom


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"pack": "../etc"}, "pack: '../etc' is not a name"),
        ({"pack": "water"}, "its custom says 'county/water/3'"),
        ({"version": 2}, "its custom says 'county/fractions/2'"),
        ({"version": 0}, "version: 0 is not a version"),
        ({"manifest": "x"}, "manifest: 'x' is not a digest"),
        ({"layout": "../x"}, "layout: '../x' is not a digest"),
        ({"manifest_stored": 2**40}, "manifest_stored is 1099511627776"),
        ({"layout_stored": -1}, "layout_stored is -1"),
        ({"size": 2**60}, "size is 1152921504606846976"),
        ({"rollout": 101}, "rollout is 101, expected 0 to 100"),
        ({"version": "3"}, "Expected `int`, got `str`"),
        ({"activate_at": 5}, "Expected `str`, got `int`"),
    ],
)
def test_an_offer_that_is_bent_is_refused(changes: dict[str, object], part: str) -> None:
    custom = msgspec.to_builtins(OFFER) | changes
    with pytest.raises(InvalidContent) as refusal:
        offers.from_target("county", "county/fractions/3", custom)
    assert part in refusal.value.message


@pytest.mark.parametrize("custom", [None, [], "x", 1])
def test_a_target_without_an_offer_is_refused(custom: object) -> None:
    with pytest.raises(InvalidContent, match="channel county: target 'county/a/1'"):
        offers.from_target("county", "county/a/1", custom)
