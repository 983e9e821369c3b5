"""Titles as pupils type them without an input method."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_node.search import pinyin
from sync_node.search.limits import PINYIN_INITIALS_MAX, PINYIN_LETTERS_MAX


def _finds(typed: str, title: str) -> bool:
    return any(token.startswith(typed) for token in pinyin.tokens(title))


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("fenshu", "认识分数"), ("fs", "认识分数"), ("fens", "认识分数"),
        ("renshifenshu", "认识分数"),
        ("yinyue", "音乐欣赏"), ("changfangxing", "长方形的面积"), ("yinhang", "银行"),
        ("liangjiaoqi", "量角器"), ("lvse", "绿色"), ("shulei", "数列与树类"), ("ls", "历史"),
        ("chongdie", "重叠问题"), ("zhongliang", "重量单位"), ("dushi", "都市"), ("daifu", "大夫"),
        ("hangye", "行业"), ("xingzou", "行走"), ("kongqi", "空气"), ("tiaozheng", "调整"),
        ("diaocha", "调查"), ("huanyuan", "还原"), ("jisuan", "计算"), ("shuxue", "数學"),
    ],
)  # fmt: skip
def test_a_title_is_found_by_its_pinyin(typed: str, title: str) -> None:
    assert _finds(typed, title)


def test_what_is_not_there_is_not_found() -> None:
    assert not _finds("fenshu", "小数加法")
    assert not _finds("enshu", "分数"), "it begins with a syllable"


@given(st.text())
def test_any_text_gives_letters_within_bounds(text: str) -> None:
    for token in pinyin.tokens(text):
        assert token.isascii()
        assert token.isalpha()
        assert len(token) <= max(PINYIN_LETTERS_MAX, PINYIN_INITIALS_MAX)


def test_the_table_has_what_schools_use() -> None:
    table = pinyin.readings()
    common = (
        "的一是在不了有和人这中大为上个国我以要他时来用们"
        "生到作地于出就分对成会可主发年动同工也能下过子说产种面"
    )
    assert all(character in table for character in common)
    assert len(table) > 15_000
    assert all(syllable.isalpha() for read in table.values() for syllable in read)
