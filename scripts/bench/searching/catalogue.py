"""A catalogue made up like a real one: stage x grade x subject x edition x volume, seeded.

Titles say what a lesson is about; videos have captions, pages and documents their text, in Chinese
for most, in English for every fourth pack. Words are drawn as they are used: a few very often,
most rarely (a power law), from what a subject is about and from made-up ones, so that the
vocabulary is as wide as a real one's.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import ceil

from sync_node.search.contents import PackLine, Passage, Thing, Unit

LESSONS_OF_PACK = 15
ITEMS_OF_LESSON = 5
KINDS = ("video", "page", "exercise", "document", "app")
STAGES = {"primary": range(1, 7), "junior": range(7, 10), "senior": range(10, 13)}
# What each subject is about, in Chinese and in English.
SUBJECTS = {
    "mathematics": (
        """
        分数 小数 加法 减法 乘法 除法 长方形 三角形 面积 周长
        体积 角度 方程 函数 概率 统计 比例 图形 圆 质数
        """,
        """
        fraction decimal addition subtraction multiplication division rectangle triangle area
        perimeter volume angle equation function probability statistics ratio shape circle prime
        """,
    ),
    "chinese": (
        """
        拼音 生字 古诗 课文 作文 阅读 成语 标点 段落 寓言
        童话 散文 小说 人物 描写 修辞 朗读 书法 词语 句子
        """,
        """
        pinyin character poem text writing reading idiom punctuation paragraph fable tale essay
        novel person description rhetoric recital calligraphy phrase sentence
        """,
    ),
    "english": (
        """
        字母 单词 时态 动词 名词 形容词 听力 口语 对话 语法
        介词 代词 发音 音标 阅读 写作 问候 天气 家庭 学校
        """,
        """
        letter word tense verb noun adjective listening speaking dialogue grammar preposition
        pronoun sound phonics story composition greeting weather family school
        """,
    ),
    "science": (
        """
        水 空气 植物 动物 种子 磁铁 电路 光 声音 热
        岩石 土壤 太阳 月球 地球 食物链 能量 力 机械 天气
        """,
        """
        water air plant animal seed magnet circuit light sound heat rock soil sun moon earth
        food energy force machine weather
        """,
    ),
    "history": (
        """
        长城 丝绸之路 唐朝 宋朝 秦始皇 战争 改革 革命 文明 帝国
        皇帝 农民 起义 贸易 航海 文化 遗产 制度 民族 抗战
        """,
        """
        wall silk dynasty emperor war reform revolution civilisation empire farmer uprising
        trade voyage culture heritage system nation resistance treaty republic
        """,
    ),
    "geography": (
        """
        地图 气候 河流 山脉 高原 平原 人口 城市 农业 工业
        交通 海洋 季风 降水 经纬 资源 环境 地震 火山 沙漠
        """,
        """
        map climate river mountain plateau plain population city farming industry transport
        ocean monsoon rainfall latitude resource environment earthquake volcano desert
        """,
    ),
    "music": (
        """
        节奏 旋律 音乐 歌曲 合唱 乐器 钢琴 二胡 民歌 音阶
        节拍 欣赏 舞蹈 京剧 笛子 鼓 指挥 和声 唱歌 演奏
        """,
        """
        rhythm melody music song choir instrument piano erhu folk scale beat listening dance
        opera flute drum conductor harmony singing playing
        """,
    ),
    "fine-art": (
        """
        颜色 线条 绘画 剪纸 水墨 雕塑 素描 构图 民间 陶艺
        设计 版画 摄影 建筑 风景 人像 图案 手工 折纸 色彩
        """,
        """
        colour line painting papercut ink sculpture sketch composition folk pottery design print
        photograph building landscape portrait pattern craft origami hue
        """,
    ),
}
EDITIONS = ("pep", "bnu", "sujiao", "hujiao", "xishi", "yuwen", "jijiao", "luke", "yue", "xiang")
VOLUMES = ("first", "second")
COMMON = (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能"
    "下过子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加"
    "量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与"
    "关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者"
    "最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少"
    "图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光"
    "门即保治北造百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采"
    "转更单风切打白教速花带安场身车例真务具万每目至达走积示议声报斗完类八离华名确才科张信马节"
    "话米整空元况今集温传土许步群广石记需段研界拉林律叫且究观越织装影算低持音众书布复容儿须际"
    "商非验连断深难近矿千周委素技备半办青省列习响约支般史感劳便团往酸历市克何除消构府称太准精"
    "值号率族维划选标写存候毛亲快效斯院查江型眼王按格养易置派层片始却专状育厂京识适属圆包火住"
    "调满县局照参红细引听该铁价严"
)
SYLLABLES = (
    "ba be bo ca co da de di fa fo ga go ha he jo ka ki la le li lo ma me mi mo na ne "
    "no pa pe po ra re ri ro sa se si so ta te ti to va ve vi wa we "
)
TITLE_ENDINGS = (
    "的认识",
    "练习",
    "（第一课时）",
    "的应用",
    "复习",
    "与生活",
    "单元测试",
    "导学",
    "",
)
ENGLISH_ENDINGS = ("practice", "lesson one", "in daily life", "review", "unit test", "step by step")


@dataclass(frozen=True)
class Vocabulary:
    """Made-up words, the same for every pack."""

    chinese: tuple[str, ...]
    english: tuple[str, ...]

    @staticmethod
    def make(count: int) -> "Vocabulary":
        """Return `count` words of each language."""
        chance = random.Random(7)  # noqa: S311  # made up, and the same each time
        syllables = SYLLABLES.split()
        chinese = ["".join(chance.choices(COMMON, k=2)) for _ in range(count)]
        english = [
            "".join(chance.choices(syllables, k=chance.choice((2, 3, 4)))) for _ in range(count)
        ]
        return Vocabulary(tuple(chinese), tuple(english))


def units(items: int, *, seed: int = 1, prefix: str = "pack") -> Iterator[Unit]:
    """Yield the packs and lessons of a catalogue of at least `items` items, in their order."""
    vocabulary = Vocabulary.make(6_000)
    shelves = [
        (stage, grade, subject, edition, volume)
        for edition, volume, (stage, grades), subject in product(
            EDITIONS, VOLUMES, STAGES.items(), SUBJECTS
        )
        for grade in grades
    ]
    for number in range(ceil(items / (LESSONS_OF_PACK * ITEMS_OF_LESSON))):
        shelf = shelves[number % len(shelves)]
        chance = random.Random(seed * 1_000_003 + number)  # noqa: S311  # as above
        yield from Pack(f"{prefix}-{number}", number, shelf, vocabulary, chance).units()


class Pack:
    """One pack of the catalogue."""

    def __init__(
        self,
        name: str,
        number: int,
        shelf: tuple[str, int, str, str, str],
        vocabulary: Vocabulary,
        chance: random.Random,
    ) -> None:
        self._stage, self._grade, self._subject, self._edition, self._volume = shelf
        self._name = name
        self._chance = chance
        self._english = number % 4 == 0
        chinese, english = SUBJECTS[self._subject]
        self._words = {"zh": chinese.split(), "en": english.split()}
        self._made = {"zh": vocabulary.chinese, "en": vocabulary.english}
        self._title = self._titled("zh", " "), self._titled("en", " ")

    def units(self) -> Iterator[Unit]:
        """Yield the pack's own unit, then its lessons."""
        title = self._localised()
        languages = tuple(title)
        lessons = tuple(f"lesson-{n}" for n in range(1, LESSONS_OF_PACK + 1))
        summary = {tag: self.said(tag, 60) for tag in languages}
        line = PackLine(
            self._name, 1, title, summary, self._stage, str(self._grade), self._subject,
            self._edition, self._volume, languages, "", "", lessons,
        )  # fmt: skip
        passages = tuple(Passage(tag, text) for tag, text in summary.items())
        yield self._unit("", {}, title, (Thing("pack", title, languages, "", passages),), line)
        for lesson in lessons:
            named = self._localised()
            things = [Thing("lesson", named, languages)]
            things += [self._item(n, languages) for n in range(ITEMS_OF_LESSON)]
            yield self._unit(lesson, named, title, tuple(things), None)

    def _unit(
        self, lesson: str, named: dict[str, str], title: dict[str, str],
        things: tuple[Thing, ...], line: PackLine | None,
    ) -> Unit:  # fmt: skip
        context = f"{self._grade} {self._subject} {self._stage} {GRADES[self._grade - 1]}"
        return Unit(
            self._name, lesson, 1, "0" * 64, self._stage, str(self._grade), self._subject, title,
            named, context, things, line,
        )  # fmt: skip

    def _item(self, number: int, languages: tuple[str, ...]) -> Thing:
        kind = KINDS[number % len(KINDS)]
        tag = "en" if self._english and self._chance.random() < 0.5 else "zh"
        passages: tuple[Passage, ...] = ()
        if kind == "video":
            passages = tuple(self._captions(tag, part) for part in range(3))
        elif kind in {"page", "document"}:
            passages = tuple(Passage(tag, self.said(tag, 280)) for _ in range(2))
        return Thing(kind, self._localised(), languages, f"item-{number}", passages)

    def _captions(self, tag: str, part: int) -> Passage:
        said, places = "", []
        for cue in range(8):
            places.append((len(said), part * 60 + cue * 7))
            said += self.said(tag, 28) + "\n"
        return Passage(tag, said, tuple(places))

    def _localised(self) -> dict[str, str]:
        title = {"zh": self._titled("zh", "")}
        return title | ({"en": self._titled("en", " ")} if self._english else {})

    def _titled(self, tag: str, blank: str) -> str:
        endings = TITLE_ENDINGS if tag == "zh" else ENGLISH_ENDINGS
        words = [self._word(tag, made=0.25) for _ in range(self._chance.choice((1, 2, 2, 3)))]
        return blank.join([*words, self._chance.choice(endings)]).strip()

    def said(self, tag: str, characters: int) -> str:
        """Return about so many characters of text."""
        parts: list[str] = []
        count = 0
        while count < characters:
            word = self._word(tag, made=0.8)
            parts.append(word)
            count += len(word) + (tag == "en")
            if self._chance.random() < 0.12:
                parts.append("，" if tag == "zh" else ",")
        return ("" if tag == "zh" else " ").join(parts)

    def _word(self, tag: str, *, made: float) -> str:
        if self._chance.random() >= made:
            return self._chance.choice(self._words[tag])
        words = self._made[tag]
        return words[min(int(self._chance.paretovariate(0.7)) - 1, len(words) - 1)]


GRADES = (
    "一年级", "二年级", "三年级", "四年级", "五年级", "六年级", "七年级", "八年级",
    "九年级", "高一", "高二", "高三",
)  # fmt: skip
