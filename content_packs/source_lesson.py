"""A lesson's folder → a lesson of the manifest, and the files that it brings."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from content_packs.errors import InvalidContent
from content_packs.findings import Findings
from content_packs.limits import ITEMS_IN_LESSON_MAX, TEXT_CHARACTERS_MAX
from content_packs.manifest import (
    Captions,
    Item,
    Kind,
    Lesson,
    LocalisedText,
    Rendition,
    Variant,
)
from content_packs.media import read_media
from content_packs.names import NO_LANGUAGE, RENDITIONS, is_name
from content_packs.source_file import SourceFile, carried
from content_packs.source_items import (
    LESSON_TOML,
    Group,
    ItemFile,
    check_once,
    kind_of,
    read_contents,
)
from content_packs.source_names import lesson_of, name_like
from content_packs.source_pages import PageReader
from content_packs.source_toml import Table, read_toml
from content_packs.source_tree import Tree


@dataclass(frozen=True)
class LessonTable:
    """What `lesson.toml` says. `titles` are those of the items; `order` None if not given."""

    title: LocalisedText = field(default_factory=dict)
    objectives: tuple[LocalisedText, ...] = ()
    minutes: int = 0
    order: tuple[str, ...] | None = None
    titles: dict[str, LocalisedText] = field(default_factory=dict)


class LessonReader:
    """Reads lessons of one pack; the files that they bring gather in `files`."""

    def __init__(
        self, tree: Tree, pages: PageReader, languages: tuple[str, ...], findings: Findings
    ) -> None:
        self._tree = tree
        self._pages = pages
        self._languages = languages
        self._findings = findings
        self.files: list[SourceFile] = []

    def read(self, folder: str) -> Lesson:
        """Return the lesson in `folder`. What is wrong is noted, and left out."""
        lesson_id = self._lesson_id(folder)
        table = self._read_table(folder)
        contents = read_contents(self._tree, folder, self._findings)
        for other in contents.others:
            self._pages.check_other(other)
            self.files.append(carried(other, self._pages.places))
        items = {}
        for stem in sorted(contents.groups):
            group = contents.groups[stem]
            check_once(group, self._findings)
            kind = kind_of(group, self._findings)
            if kind and (item := self._item(group, kind, table.titles.get(stem, {}))):
                items[stem] = item
        order = self._order(folder, table, set(contents.groups), list(items))
        if not contents.groups:
            self._findings.error(
                folder,
                "an empty lesson: no file in it is an item",
                hint="Add a page, such as intro.en.md, or remove the folder.",
            )
        return Lesson(
            id=lesson_id,
            title=table.title,
            items=tuple(items[stem] for stem in order if stem in items),
            objectives=table.objectives,
            minutes=table.minutes,
        )

    def _lesson_id(self, folder: str) -> str:
        name = lesson_of(folder)
        if not is_name(name):
            like = name_like(name) or "what-is-a-fraction"
            self._findings.error(
                folder,
                f"{name!r} can't name a lesson",
                hint=f"Name the folder like 01-{like}: a-z, 0-9 and '-' after the number.",
            )
        return name

    def _read_table(self, folder: str) -> LessonTable:
        path = f"{folder}/{LESSON_TOML}"
        found = self._tree.files.get(path)
        if found is None:
            self._findings.error(
                path,
                "missing: a lesson needs its title",
                hint='Write one with title = { en = "..." }; files for all lessons go to shared/.',
            )
            return LessonTable()
        table = read_toml(found.location, path, self._findings)
        if table is None:
            return LessonTable()
        has_items = table.has("items")
        order, titles = self._read_items(table)
        read = LessonTable(
            title=table.localised("title", self._languages, required=True),
            objectives=table.localised_list("objectives", self._languages),
            minutes=table.integer("minutes", least=1, most=TEXT_CHARACTERS_MAX),
            order=order if has_items else None,
            titles=titles,
        )
        table.close()
        return read

    def _read_items(self, table: Table) -> tuple[tuple[str, ...], dict[str, LocalisedText]]:
        order: list[str] = []
        titles: dict[str, LocalisedText] = {}
        for inner in table.tables("items"):
            stem = inner.string("id", required='id = "intro"')
            title = inner.localised("title", self._languages)
            inner.close()
            if stem in order:
                inner.error("id", f"{stem!r} stands twice", hint="Name each item once.")
            elif stem:
                order.append(stem)
                titles[stem] = title
        return tuple(order), titles

    def _order(
        self, folder: str, table: LessonTable, found: set[str], items: list[str]
    ) -> list[str]:
        path = f"{folder}/{LESSON_TOML}"
        if len(found) > ITEMS_IN_LESSON_MAX:
            self._findings.error(
                folder,
                f"{len(found)} items, at most {ITEMS_IN_LESSON_MAX} are allowed",
                hint="Split the lesson in two.",
            )
        if table.order is None:
            return items
        for stem in table.order:
            if stem not in found:
                self._findings.error(
                    path,
                    f"there are no files of the item {stem!r}",
                    field="items",
                    hint=f"Add them, such as {stem}.{self._languages[0]}.md, or take it out.",
                )
        for stem in sorted(found - set(table.order)):
            self._findings.error(
                path,
                f"the item {stem!r} has files, but isn't listed",
                field="items",
                hint=f'Add {{ id = "{stem}" }}, or start the names of its files with _ to leave '
                "them out.",
            )
        return list(table.order)

    def _item(self, group: Group, kind: Kind, title: LocalisedText) -> Item | None:
        if group.captions and kind not in {"video", "audio"}:
            self._findings.error(
                group.captions[0].found.path,
                f"captions of a {kind}",
                hint="Only a video or audio has captions.",
            )
            return None
        titles: LocalisedText = {}
        fragment = kind == "page" and all(one.name.role == "page" for one in group.files)
        if kind in {"video", "audio"}:
            variants = list(self._media(group))
        elif kind == "app":
            variants = [self._app(app.folder, app.language) for app in group.apps]
        else:
            variants = [self._single(one, titles) for one in group.files]
        self._check_languages(group, variants)
        return Item(
            id=group.stem,
            kind=kind,
            title={**self._own_title(group, kind, titles, title), **title},
            variants=tuple(sorted(variants, key=lambda variant: variant.language)),
            captions=tuple(self._captions(group)),
            fragment=fragment,
        )

    def _own_title(
        self, group: Group, kind: Kind, titles: LocalisedText, given: LocalisedText
    ) -> LocalisedText:
        if titles or given:
            return titles
        self._findings.warning(
            group.first_path,
            f"this {kind} has no title; pupils will see {group.stem!r}",
            hint=f'Add {{ id = "{group.stem}", title = {{ ... }} }} to items in {LESSON_TOML}.',
        )
        return {self._languages[0]: group.stem}

    def _check_languages(self, group: Group, variants: list[Variant]) -> None:
        have = {variant.language for variant in variants}
        for language in sorted(have - {NO_LANGUAGE, *self._languages}):
            self._findings.warning(
                group.first_path,
                f"the item {group.stem!r} is in {language!r}, not one of the pack's languages",
                hint="Add it to languages in pack.toml, or rename the file.",
            )
        if NO_LANGUAGE in have:
            return
        for language in self._languages:
            if language not in have:
                self._findings.warning(
                    group.first_path,
                    f"the item {group.stem!r} isn't there in {language!r}",
                    hint="Add it, so that pupils who read only that language can follow.",
                )

    def _single(self, one: ItemFile, titles: LocalisedText) -> Variant:
        read = self._pages.read(one)
        self.files.append(read.file)
        if read.title:
            language = one.name.language
            titles[self._languages[0] if language == NO_LANGUAGE else language] = read.title
        return Variant(language=one.name.language, path=read.file.path, needs=read.needs)

    def _app(self, folder: str, language: str) -> Variant:
        files = [carried(found, self._pages.places) for found in self._tree.under(folder)]
        self.files += files
        for found in self._tree.under(folder):
            self._pages.check_other(found)
        start = self._pages.places.of(f"{folder}/index.html")
        needs = tuple(sorted(file.path for file in files if file.path != start))
        return Variant(language=language, path=start, needs=needs)

    def _media(self, group: Group) -> Iterator[Variant]:
        by_language: dict[str, list[Rendition]] = {}
        for one in group.files:
            file = carried(one.found, self._pages.places)
            self.files.append(file)
            by_language.setdefault(one.name.language, []).append(
                Rendition(path=file.path, name=one.name.rendition, seconds=_seconds(one))
            )
        order = ("", *RENDITIONS)
        for language, renditions in sorted(by_language.items()):
            renditions.sort(key=lambda rendition: order.index(rendition.name))
            yield Variant(language=language, renditions=tuple(renditions))

    def _captions(self, group: Group) -> Iterator[Captions]:
        for one in sorted(group.captions, key=lambda one: one.name.language):
            file = carried(one.found, self._pages.places)
            self.files.append(file)
            if one.name.language == NO_LANGUAGE:
                self._findings.error(
                    one.found.path,
                    "the name says no language",
                    hint=f"Name it {group.stem}.{self._languages[0]}.vtt",
                )
            yield Captions(language=one.name.language, path=file.path)


def _seconds(one: ItemFile) -> int:
    """Return a media file's length; 0 where it can't be told: `lint` says why."""
    try:
        with one.found.location.open("rb") as file:
            return round(read_media(file, one.found.size).seconds)
    except (InvalidContent, OSError):
        return 0
