"""Which language a reader gets, and how it is written."""

import pytest

from sync_node.languages import Text, choose, direction, own_name, text_for


@pytest.mark.parametrize(
    ("available", "wishes", "chosen"),
    [
        (["en", "zh"], ["zh"], "zh"),
        (["en", "zh"], ["zh-Hant-TW", "en"], "zh"),
        (["en", "zh-Hans", "zh-Hant"], ["zh-Hant"], "zh-Hant"),
        (["en", "zh-Hans"], ["zh"], "zh-Hans"),
        (["en", "zh"], ["bo", "zh", "en"], "zh"),
        (["en", "zh"], ["bo"], "en"),
        (["en", "zh"], [], "en"),
    ],
)
def test_the_first_wish_that_can_be_met_is(
    available: list[str], wishes: list[str], chosen: str
) -> None:
    assert choose(available, wishes) == chosen


def test_nothing_can_be_chosen_from_nothing() -> None:
    with pytest.raises(ValueError, match="no language"):
        choose([], ["en"])
    assert text_for({}, ["en"]) == Text("", "und")


@pytest.mark.parametrize(
    ("tag", "written"),
    [("en", "ltr"), ("zh", "ltr"), ("ug", "rtl"), ("ug-Cyrl", "ltr"), ("kk-Arab", "rtl"),
     ("ar-EG", "rtl"), ("kk", "ltr")],
)  # fmt: skip
def test_direction_follows_the_script(tag: str, written: str) -> None:
    assert direction(tag) == written


@pytest.mark.parametrize(
    ("tag", "name"), [("zh", "中文"), ("zh-Hant", "繁體中文"), ("en-GB", "English"), ("qya", "qya")]
)
def test_a_language_bears_its_own_name(tag: str, name: str) -> None:
    assert own_name(tag) == name
