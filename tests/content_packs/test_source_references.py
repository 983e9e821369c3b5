"""What a page shows is needed with it; what it merely names in its head isn't."""

import pytest

from content_packs.source_references import of_html


@pytest.mark.parametrize("relation", ["next", "prev", "up", "search", "index", "canonical", ""])
def test_a_page_can_be_shown_without_its_neighbours(relation: str) -> None:
    (found,) = of_html(f'<link rel="{relation}" href="other.html">')
    assert not found.embedded


@pytest.mark.parametrize("relation", ["stylesheet", "alternate StyleSheet", "icon", "preload"])
def test_a_page_is_not_shown_without_its_style(relation: str) -> None:
    (found,) = of_html(f'<link rel="{relation}" href="style.css">')
    assert found.embedded
