"""What pupils type, and what they find."""

import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync_node.data_dir import DataDir
from sync_node.search import database, schema
from sync_node.search.contents import Passage, Thing, Unit
from sync_node.search.index import Index
from sync_node.search.limits import QUERY_SECONDS_MAX
from sync_node.search.query import Searcher
from sync_node.search.results import Chosen, Hit


def unit(
    name: str, title: dict[str, str], *things: Thing, grade: str = "4", subject: str = "mathematics"
) -> Unit:
    """Return a lesson with its items."""
    languages = tuple(title)
    return Unit(
        "pack", name, 1, "0" * 64, "primary", grade, subject, {"en": "Numbers", "zh": "数与代数"},
        title, f"Grade {grade} {subject} 四年级 数学", (Thing("lesson", title, languages), *things),
    )  # fmt: skip


def thing(kind: str, item: str, title: dict[str, str], *passages: Passage) -> Thing:
    return Thing(kind, title, tuple(title), item, passages)


UNITS = (
    unit(
        "fractions", {"en": "What is a fraction?", "zh": "认识分数"},
        thing("video", "film", {"en": "Halves and quarters", "zh": "一半和四分之一"},
              Passage("en", "Cut the pizza.\nNow each gets a quarter.", ((0, 3), (15, 42))),
              Passage("zh", "切开披萨。\n每人得到四分之一。", ((0, 3), (6, 42)))),
        thing("document", "sheet", {"en": "Worksheet", "zh": "练习纸"},
              Passage("en", "Colour the shaded parts of the rectangle.", ((0, 7),))),
        thing("exercise", "practice", {"en": "Practice", "zh": "练习"}),
    ),
    unit("decimals", {"en": "Adding decimals", "zh": "小数加法"},
         thing("page", "intro", {"en": "Decimals every day", "zh": "生活中的小数"},
               Passage("zh", "买一支铅笔要一元五角。小数点后面有一位。"))),
    unit("music", {"en": "Rhythm", "zh": "音乐的节奏"}, grade="5", subject="music"),
    unit("length", {"zh": "长方形的周长"}, grade="3"),
    unit("angle", {"en": "Cafés and angles"}, grade="6"),
    unit("tibetan", {"bo": "བོད་ཡིག"}, grade="1", subject="chinese"),
)  # fmt: skip


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> DataDir:
    data_dir = DataDir(tmp_path_factory.mktemp("node"))
    opened = database.open_to_fill(data_dir)
    index = Index(opened)
    with index.batch() as batch:
        for each in UNITS:
            batch.put(each)
    opened.close()
    return data_dir


@pytest.fixture(scope="module")
def searcher(data_dir: DataDir) -> Searcher:
    return Searcher(data_dir)


class Clock:
    """One by which each look at it takes a while."""

    def __init__(self, step: float) -> None:
        self._step = step
        self._now = 0.0

    def __call__(self) -> float:
        self._now += self._step
        return self._now


def names(hits: tuple[Hit, ...]) -> list[str]:
    return [hit.lesson + (f"/{hit.item}" if hit.item else "") for hit in hits]


def words(hit: Hit) -> str:
    return "".join(part.text for part in hit.title)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("分数", "fractions"), ("认识分数", "fractions"), ("数", "fractions"),
        ("披萨", "fractions/film"), ("笔", "decimals/intro"), ("一元五角", "decimals/intro"),
        ("周长", "length"), ("节奏", "music"),
        ("fraction", "fractions"), ("fractions", "fractions"), ("FRACTION", "fractions"),
        ("frac", "fractions"), ("f", "fractions"), ("cafe", "angle"), ("café angles", "angle"),
        ("adding deci", "decimals"), ("worksheet rectangle", "fractions/sheet"),
        ("fenshu", "fractions"), ("fs", "fractions"), ("rsfs", "fractions"), ("yinyue", "music"),
        ("zhouchang", "length"), ("zc", "length"), ("fen shu", "fractions"),
        ("fractoin", "fractions"), ("fracton", "fractions"), ("ryhthm", "music"),
        ("decimalls", "decimals"),
        ("rectangel", "fractions/sheet"), ("བོད", "tibetan"), ("四年级分数", "fractions"),
        ("分数 四年级", "fractions"), ("什么是认识分数呢", "fractions"), ("grade 3 周长", "length"),
    ],
)  # fmt: skip
def test_it_is_found(searcher: Searcher, text: str, first: str) -> None:
    found = searcher.search(text, languages=("en",))
    assert first in names(found.hits)[:2], names(found.hits)


def test_a_caption_is_found_with_its_second(searcher: Searcher) -> None:
    (hit,) = searcher.search("每人得到", languages=("zh",)).hits
    assert hit.kind == "video"
    assert hit.places[0].second == 42
    assert hit.places[0].page is None
    assert [part.text for part in hit.places[0].parts if part.found] == ["每人得到"]
    (hit,) = searcher.search("pizza", languages=("en",)).hits
    assert hit.places[0].second == 3


def test_a_page_of_a_document_is_found_with_its_number(searcher: Searcher) -> None:
    (hit,) = searcher.search("shaded rectangle", languages=("en",)).hits
    assert (hit.places[0].page, hit.places[0].second) == (7, None)


def test_the_place_in_the_readers_language_comes_first(searcher: Searcher) -> None:
    (hit,) = searcher.search("四分之一 quarter", languages=("zh",)).hits[:1]
    assert hit.places[0].language == "zh"


def test_a_whole_title_comes_before_longer_ones(searcher: Searcher) -> None:
    assert names(searcher.search("练习", languages=("zh",)).hits) == [
        "fractions/practice", "fractions/sheet",
    ]  # fmt: skip


def test_titles_are_shown_in_the_readers_language_with_what_was_found(searcher: Searcher) -> None:
    hit = searcher.search("分数", languages=("en",)).hits[0]
    assert words(hit) == "认识分数", "the title that has the words"
    assert [part.text for part in hit.title if part.found] == ["分数"]
    assert words(searcher.search("rhythm", languages=("zh",)).hits[0]) == "Rhythm"
    assert words(searcher.search("fenshu", languages=("en",)).hits[0]) == "认识分数"


def test_what_was_mended_is_told(searcher: Searcher) -> None:
    found = searcher.search("fractoin", languages=("en",))
    assert found.corrected == (("fractoin", "fraction"),)
    assert not searcher.search("fraction").corrected
    assert searcher.search("fractoinsqq").hits == ()


def test_facets_narrow_and_count(searcher: Searcher) -> None:
    everything = searcher.search("数", languages=("zh",))
    counts = {
        name: {each.code: each.count for each in found} for name, found in everything.facets.items()
    }
    assert counts["kind"]["lesson"] == 2
    assert counts["grade"] == {"4": everything.total}
    only = searcher.search("数", chosen=Chosen(kind="page", grade="4", language="zh"))
    assert names(only.hits) == ["decimals/intro"]
    assert searcher.search("数", chosen=Chosen(grade="9")).hits == ()
    assert searcher.search("数", chosen=Chosen(subject="'\" OR x")).total == 0
    assert searcher.search("", chosen=Chosen(subject="music")).total == 1


def test_pages_of_hits_go_on_where_the_one_before_ended(searcher: Searcher) -> None:
    whole = names(searcher.search("数", limit=10).hits)
    parts = [names(searcher.search("数", limit=2, offset=at).hits) for at in (0, 2, 4, 6)]
    assert [name for part in parts for name in part] == whole
    assert searcher.search("数", offset=-5, limit=10).hits == searcher.search("数", limit=10).hits


def test_suggestions_are_titles_alone(searcher: Searcher) -> None:
    assert names(searcher.suggest("frac", languages=("en",)))[0] == "fractions"
    assert searcher.suggest("pizza") == ()


@given(st.text(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_text_is_answered(searcher: Searcher, text: str) -> None:
    found = searcher.search(text, languages=("en",))
    assert found.ready
    assert not found.late
    searcher.suggest(text)


FTS = st.lists(
    st.sampled_from([
        '"', "'", "*", "^", "(", ")", "{words}", ":", "+", "-", "AND", "OR", "NOT", "NEAR", "NEAR(",
        "words:", "rank", "分数", "fraction", ",", ";", "--", "\0", "%", "\\", "￥", "﹡", "＂",
    ]),
    max_size=12,
)  # fmt: skip


@given(FTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_the_language_of_fts5_means_nothing(searcher: Searcher, parts: list[str]) -> None:
    assert searcher.search(" ".join(parts)).ready
    assert searcher.search("".join(parts)).ready
    if "fraction" in parts or "分数" in parts:
        lone = [part for part in parts if part in {"fraction", "分数"}]
        assert searcher.search(" ".join(lone)).hits


def test_several_threads_ask_while_the_index_is_made_anew(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path)
    searcher = Searcher(data_dir)
    wrong: list[object] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            try:
                found = searcher.search("分数")
                if found.ready and found.hits and names(found.hits)[0] != "fractions":
                    wrong.append(found)
            except Exception as error:  # noqa: BLE001  # the test says which
                wrong.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(8):
        database.throw_away(data_dir)
        opened = database.open_to_fill(data_dir)
        for each in UNITS:
            with Index(opened).batch() as batch:
                batch.put(each)
        opened.close()
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_what_was_found_in_time_is_shown(searcher: Searcher, data_dir: DataDir) -> None:
    whole = searcher.search("数 四", languages=("zh",))
    found = Searcher(data_dir, Clock(QUERY_SECONDS_MAX / 3)).search("数 四", languages=("zh",))
    assert found.late
    assert found.more
    assert found.hits
    assert any(hit.places for hit in whole.hits)
    assert not any(hit.places for hit in found.hits), "texts weren't looked at any more"
    assert found.facets
    assert Searcher(data_dir, Clock(QUERY_SECONDS_MAX * 2)).search("数 四").hits == ()
    assert not searcher.search("数 四").late


def test_numbers_of_rows_say_shelf_and_thing() -> None:
    shelf, thing_ = schema.SHELVES_MAX - 1, schema.THINGS_MAX - 1
    rows = [schema.title_row(kind, shelf, thing_) for kind in ("pack", "lesson", "video")]
    first, last = schema.passages_of(shelf, thing_)
    assert max(*rows, first, last) < 2**63
    for row in (*rows, first >> schema.PASSAGE_BITS, last >> schema.PASSAGE_BITS):
        assert schema.shelf_of(row) == shelf
        assert row & schema.THINGS_MAX - 1 == thing_
    assert schema.title_row("pack", 9, 9) < schema.title_row("lesson", 1, 1)
    assert schema.title_row("lesson", 9, 9) < schema.title_row("page", 1, 1)


def test_what_is_of_a_stage_is_left_out(data_dir: DataDir) -> None:
    searcher = Searcher(data_dir)
    pupils = Chosen(without_stage="primary")
    assert searcher.search("fraction").total
    assert searcher.search("fraction", chosen=pupils).total == 0
    assert searcher.suggest("frac", chosen=pupils) == ()
    other = Chosen(without_stage="teachers")
    assert searcher.search("fraction", chosen=other) == searcher.search("fraction")
