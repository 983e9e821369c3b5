"""A small judged set: what a pupil types, and what should stand first among what is alike.

Each case is a pair of a question and the beginning of its answer, in order.
"""

import pytest

from sync_node.data_dir import DataDir
from sync_node.search import database
from sync_node.search.contents import Passage, Thing, Unit
from sync_node.search.index import Index
from sync_node.search.query import Searcher
from sync_node.search.results import Hit

GRADES = {"3": "三年级", "5": "五年级", "7": "七年级"}


def item(name: str, kind: str, zh: str, en: str, *passages: Passage) -> Thing:
    return Thing(kind, {"zh": zh, "en": en}, ("zh", "en"), name, passages)


def units(pack: str, grade: str, subject: str, zh: str, en: str, *lessons: Unit) -> list[Unit]:
    """Return a pack with its lessons."""
    title = {"zh": zh, "en": en}
    context = f"{GRADES[grade]} Grade {grade} {subject}"
    whole = Unit(
        pack, "", 1, "0" * 64, "primary", grade, subject, title, {}, context,
        (Thing("pack", title, ("zh", "en")),),
    )  # fmt: skip
    return [whole, *(
        Unit(
            pack, each.lesson, 1, "0" * 64, "primary", grade, subject, title, each.lesson_title,
            context, each.things,
        )
        for each in lessons
    )]  # fmt: skip


def lesson(name: str, zh: str, en: str, *items: Thing) -> Unit:
    title = {"zh": zh, "en": en}
    things = (Thing("lesson", title, ("zh", "en")), *items)
    return Unit("", name, 1, "", "", "", "", {}, title, "", things)


CATALOGUE = [
    *units(
        "maths-3", "3", "mathematics", "三年级数学上册", "Mathematics 3",
        lesson("fractions", "分数的初步认识", "Meeting fractions",
               item("film", "video", "分数的初步认识", "Meeting fractions", Passage(
                   "zh", "把一个月饼平均分成两份。\n每份是它的二分之一。", ((0, 5), (14, 48))
               )),
               item("quiz", "exercise", "练习", "Practice"),
               item("sheet", "document", "练习题二", "More practice",
                    Passage("zh", "把长方形涂上颜色，写出分数。", ((0, 2),)))),
        lesson("angles", "角的认识", "Angles",
               item("intro", "page", "直角和锐角", "Right angles and acute angles")),
        lesson("times", "乘法", "Multiplication",
               item("table", "page", "乘法口诀", "The times table")),
        lesson("times-two", "两位数乘法", "Multiplying two-digit numbers"),
    ),
    *units(
        "maths-5", "5", "mathematics", "五年级数学上册", "Mathematics 5",
        lesson("fractions", "分数", "Fractions",
               item("adding", "page", "分数加法", "Adding fractions"),
               item("film", "video", "分数与除法", "Fractions and division", Passage(
                   "en", "A fraction is a division.\nThree over four.", ((0, 3), (26, 71))
               ))),
        lesson("decimals", "小数", "Decimals"),
    ),
    *units(
        "chinese-5", "5", "chinese", "五年级语文", "Chinese 5",
        lesson("libai", "李白的诗", "Li Bai",
               item("poem", "page", "静夜思", "Quiet night thoughts")),
        lesson("listening", "听一听", "Listening"),
    ),
    *units(
        "history-7", "7", "history", "七年级历史", "History 7",
        lesson("history", "历史", "History"),
        lesson("maple", "枫叶", "Maple"),
        lesson("map", "看地图", "Map reading for beginners"),
        lesson("force", "力量", "Power"),
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    data_dir = DataDir(tmp_path_factory.mktemp("node"))
    opened = database.open_to_fill(data_dir)
    with Index(opened).batch() as batch:
        for each in CATALOGUE:
            batch.put(each)
    opened.close()
    return Searcher(data_dir)


def name(hit: Hit) -> str:
    return "/".join(part for part in (hit.pack, hit.lesson, hit.item) if part)


JUDGED = [
    # The exact title, however it is written
    ("分数", ["maths-5/fractions"]),
    ("乘法", ["maths-3/times", "maths-3/times/table"]),
    ("历史", ["history-7/history"]),
    ("练习", ["maths-3/fractions/quiz", "maths-3/fractions/sheet"]),
    ("decimals", ["maths-5/decimals"]),
    ("FRACTIONS", ["maths-5/fractions"]),
    ("五年级语文", ["chinese-5"]),
    # A lesson before its items of the same title
    ("分数的初步认识", ["maths-3/fractions", "maths-3/fractions/film"]),
    ("meeting fractions", ["maths-3/fractions", "maths-3/fractions/film"]),
    # A word before what only begins with it
    ("map", ["history-7/map", "history-7/maple"]),
    ("乘法口", ["maths-3/times/table"]),
    # A word before what only sounds like it
    ("li", ["chinese-5/libai", "chinese-5/listening"]),
    ("li bai", ["chinese-5/libai"]),
    # Pinyin and its initials, where no word has them
    ("lishi", ["history-7", "history-7/history"]),
    ("ls", ["history-7", "history-7/history"]),
    ("fsjf", ["maths-5/fractions/adding"]),
    ("chengfa", ["maths-3/times"]),
    # One typo
    ("fractoins", ["maths-5/fractions"]),
    ("multiplicaton", ["maths-3/times"]),
    ("maple tre", ["history-7/maple"]),
    # What is around counts, and parts
    ("三年级分数", ["maths-3/fractions"]),
    ("grade 5 fractions", ["maths-5/fractions"]),
    ("分数 除法", ["maths-5/fractions/film"]),
    ("什么是直角", ["maths-3/angles/intro"]),
    # Captions and pages of documents
    ("月饼", ["maths-3/fractions/film"]),
    ("二分之一", ["maths-3/fractions/film"]),
    ("three over four", ["maths-5/fractions/film"]),
    ("涂上颜色", ["maths-3/fractions/sheet"]),
    # One character
    ("角", ["maths-3/angles", "maths-3/angles/intro"]),
]


@pytest.mark.parametrize(("text", "first"), JUDGED)
def test_what_a_pupil_means_stands_first(searcher: Searcher, text: str, first: list[str]) -> None:
    for languages in (("zh",), ("en",)):
        found = [name(hit) for hit in searcher.search(text, languages=languages).hits]
        assert found[: len(first)] == first


def test_a_caption_opens_at_its_second(searcher: Searcher) -> None:
    (hit,) = searcher.search("二分之一", languages=("zh",)).hits
    assert hit.places[0].second == 48
    (hit,) = searcher.search("three over four", languages=("en",)).hits
    assert hit.places[0].second == 71


def test_simplified_and_traditional_forms_are_different_words(searcher: Searcher) -> None:
    assert not searcher.search("歷史").hits, "SEARCH.md says so"
