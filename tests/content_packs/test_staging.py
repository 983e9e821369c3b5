"""Staged offers: nodes decide alone, a rollout only grows, and a list says no name."""

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs import offers, staging
from content_packs.errors import InvalidContent
from content_packs.limits import STAGED_NODES_MAX, STAGED_SHARE_MAX
from content_packs.offers import Offer
from content_packs.staging import Staged

SEED = "0123456789abcdef" * 2
OFFER = Offer("demo", 2, "a" * 64, 1, "b" * 64, 1, 1, rollout=0)

nodes = st.text(st.characters(codec="ascii", categories=["Ll", "Nd"]), min_size=1, max_size=20)


@given(nodes, st.integers(0, STAGED_SHARE_MAX), st.integers(0, STAGED_SHARE_MAX))
def test_who_is_reached_stays_so_as_the_share_grows(node: str, one: int, other: int) -> None:
    less, more = sorted((one, other))
    if staging.reaches(Staged(SEED, less), node):
        assert staging.reaches(Staged(SEED, more), node)


@given(nodes)
def test_the_whole_share_is_every_node_that_is_enrolled(node: str) -> None:
    assert staging.reaches(Staged(SEED, STAGED_SHARE_MAX), node)
    assert not staging.reaches(Staged(SEED, 0), node)
    assert not staging.reaches(Staged(SEED, STAGED_SHARE_MAX, staging.marks_of(SEED, [""])), "")


@given(st.sets(nodes, max_size=40), nodes)
def test_a_list_reaches_those_that_it_names(named: set[str], other: str) -> None:
    listed = Staged(SEED, 0, staging.marks_of(SEED, named))
    staging.check(listed, what="offer")
    assert all(staging.reaches(listed, node) for node in named)
    if staging.mark_of(SEED, other) not in {staging.mark_of(SEED, node) for node in named}:
        assert not staging.reaches(listed, other)


def test_a_mark_counts_only_where_one_begins() -> None:
    marks = "11111111" + "22222222"
    across = marks[4:12]
    assert not any(
        staging.mark_of(SEED, f"node-{n}") == across
        and staging.reaches(Staged(SEED, 0, marks), f"node-{n}")
        for n in range(1000)
    )
    assert staging.reaches(Staged(SEED, 0, staging.mark_of(SEED, "a")), "a")


def test_shares_are_of_all_nodes_alike() -> None:
    reached = sum(staging.reaches(Staged(SEED, 1_000), f"school-{n}") for n in range(10_000))
    assert 900 < reached < 1_100


def test_each_seed_shuffles_anew() -> None:
    first = [staging.place_of(SEED, f"n{n}") for n in range(50)]
    assert first != [staging.place_of(SEED[::-1], f"n{n}") for n in range(50)]


@given(st.text(), st.integers(), st.text())
def test_nothing_but_what_can_stand_in_an_offer_is_taken(seed: str, share: int, marks: str) -> None:
    try:
        staging.check(Staged(seed, share, marks), what="offer")
    except InvalidContent:
        return
    assert re.fullmatch("[0-9a-f]{32}", seed)
    assert 0 <= share <= STAGED_SHARE_MAX
    assert re.fullmatch("([0-9a-f]{8})*", marks)


@pytest.mark.parametrize(
    ("staged", "says"),
    [
        (Staged("x"), "seed is 'x'"),
        (Staged(SEED.upper()), "seed is"),
        (Staged(SEED, -1), "share is -1"),
        (Staged(SEED, 10_001), "share is 10001"),
        (Staged(SEED, 0, "1234567"), "groups of 8"),
        (Staged(SEED, 0, "1234567X"), "groups of 8"),
        (Staged(SEED, 0, "22222222" + "11111111"), "in rising order"),
        (Staged(SEED, 0, "22222222" * 2), "in rising order"),
        (Staged(SEED, 0, "22222222" * (STAGED_NODES_MAX + 1)), "more than 2000 marks"),
    ],
)
def test_what_is_wrong_with_a_staged_offer_is_said(staged: Staged, says: str) -> None:
    with pytest.raises(InvalidContent, match=re.escape(says)):
        staging.check(staged, what="offer")


def test_a_staged_offer_survives_the_signed_form() -> None:
    marks = staging.marks_of(SEED, ["a", "b"])
    offer = msgspec.structs.replace(OFFER, staged=Staged(SEED, 250, marks))
    custom = offers.to_custom(offer)
    assert custom["staged"] == {"seed": SEED, "share": 250, "marks": marks}
    assert offers.from_target("main", "main/demo/2", custom) == offer
    custom["staged"] = {"seed": SEED, "share": 250, "later": True}
    assert offers.from_target("main", "main/demo/2", custom).staged == Staged(SEED, 250)
    with pytest.raises(InvalidContent, match="share is 20000"):
        offers.from_target(
            "main", "main/demo/2", custom | {"staged": {"seed": SEED, "share": 20000}}
        )
