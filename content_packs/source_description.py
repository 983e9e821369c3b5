"""`pack.toml`: what a pack says about itself (FORMAT.md, section 2.1)."""

import re
from dataclasses import dataclass, field

from content_packs import code_lists
from content_packs.findings import Findings
from content_packs.limits import LANGUAGES_MAX, VERSION_MAX
from content_packs.manifest import LocalisedText, Publisher
from content_packs.names import NO_LANGUAGE, is_language, is_name
from content_packs.source_names import name_like
from content_packs.source_toml import Table, read_toml
from content_packs.source_tree import Tree

PACK_TOML = "pack.toml"
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".svg", ".gif")
_FALLBACK_LANGUAGES = ("en",)  # to go on reading with where pack.toml names none

_URL = re.compile(r"https?://[^\s]+")
_SPDX = re.compile(r"[A-Za-z0-9.+()-]+(?: (?:AND|OR|WITH) [A-Za-z0-9.+()-]+)*")


@dataclass(frozen=True)
class Description:
    """What `pack.toml` says, as far as it can be read."""

    pack: str = ""
    version: int = 0
    languages: tuple[str, ...] = _FALLBACK_LANGUAGES
    title: LocalisedText = field(default_factory=dict)
    summary: LocalisedText = field(default_factory=dict)
    publisher: Publisher = field(default_factory=lambda: Publisher("", {}))
    licence: str = ""
    codes: dict[str, str] = field(default_factory=dict)
    authors: tuple[str, ...] = ()
    cover: str = ""
    source: str = ""


def read_description(tree: Tree, version: int | None, findings: Findings) -> Description:
    """Return what `pack.toml` says; `version`, where given, stands in place of the one in it."""
    found = tree.files.get(PACK_TOML)
    if found is None:
        findings.error(
            PACK_TOML,
            "missing: this is not a pack folder",
            hint="Start one with: content-packs new FOLDER",
        )
        return Description()
    table = read_toml(found.location, PACK_TOML, findings)
    if table is None:
        return Description()
    languages = _languages(table)
    described = Description(
        pack=_name(table, "id", 'id = "grade4-maths"'),
        version=_version(table, version),
        languages=languages,
        title=table.localised("title", languages, required=True),
        summary=table.localised("summary", languages, required=True),
        publisher=_publisher(table, languages),
        licence=_licence(table),
        codes=_codes(table),
        authors=table.strings("authors"),
        cover=_cover(table, tree),
        source=table.string("source"),
    )
    table.close()
    return described


def _name(table: Table, key: str, example: str) -> str:
    value = table.string(key, required=example)
    if value and not is_name(value):
        like = name_like(value)
        table.error(
            key,
            f"{value[:80]!r} is not a name",
            hint=f"A name is 1 to 64 of a-z, 0-9 and '-', such as {like or 'grade4-maths'!r}.",
        )
        return ""
    return value


def _version(table: Table, version: int | None) -> int:
    if version is None:
        return table.integer("version", least=1, most=VERSION_MAX, required="version = 1")
    if table.has("version"):
        table.integer("version", least=1, most=VERSION_MAX)
    if not 1 <= version <= VERSION_MAX:
        table.error("version", f"{version} is asked for", hint=f"Ask for 1 to {VERSION_MAX}.")
        return 0
    return version


def _languages(table: Table) -> tuple[str, ...]:
    given = table.strings("languages", required='languages = ["en", "zh"]')
    languages: list[str] = []
    for language in given[:LANGUAGES_MAX]:
        if language == NO_LANGUAGE or not is_language(language):
            table.error(
                "languages",
                f"{language[:40]!r} is not a language",
                hint="Use BCP 47 tags, such as 'en', 'zh', 'zh-Hant', 'bo'.",
            )
        elif language in languages:
            table.error("languages", f"{language!r} stands twice", hint="Name it once.")
        else:
            languages.append(language)
    if len(given) > LANGUAGES_MAX:
        table.error("languages", f"{len(given)} languages", hint=f"At most {LANGUAGES_MAX}.")
    if table.has("languages") and not given:
        table.error("languages", "no language", hint='Write languages = ["en"]')
    return tuple(languages) or _FALLBACK_LANGUAGES


def _publisher(table: Table, languages: tuple[str, ...]) -> Publisher:
    inner = table.table(
        "publisher", required='[publisher] with id = "our-school" and title = { en = "..." }'
    )
    if inner is None:
        return Publisher("", {})
    publisher = Publisher(
        _name(inner, "id", 'id = "our-school"'), inner.localised("title", languages, required=True)
    )
    inner.close()
    return publisher


def _licence(table: Table) -> str:
    licence = table.string("licence", required='licence = "CC-BY-4.0"')
    if not licence or _URL.fullmatch(licence):
        return licence
    meant = code_lists.nearest(licence, code_lists.licences())
    hint = "Use an SPDX identifier, such as CC-BY-4.0, or a URL."
    if meant:
        hint = f"Did you mean {meant!r}? {hint}"
    if not _SPDX.fullmatch(licence):
        table.error("licence", f"{licence[:80]!r} is no SPDX expression", hint=hint)
    elif unknown := [word for word in _identifiers(licence) if word not in code_lists.licences()]:
        table.warning("licence", f"{unknown[0]!r} is not a licence known here", hint=hint)
    return licence


def _identifiers(expression: str) -> list[str]:
    words = re.sub(r"[()]", " ", expression).split()
    after_with = {n + 1 for n, word in enumerate(words) if word == "WITH"}  # name exceptions
    return [
        word
        for n, word in enumerate(words)
        if word not in {"AND", "OR", "WITH"} and n not in after_with
    ]


def _codes(table: Table) -> dict[str, str]:
    codes = {}
    for dimension, required in (
        ("stage", 'stage = "primary"'),
        ("grade", 'grade = "4"'),
        ("subject", 'subject = "mathematics"'),
        ("edition", ""),
        ("volume", ""),
    ):
        codes[dimension] = code = table.string(dimension, required=required)
        if code and code not in code_lists.known(dimension):
            meant = code_lists.code_meant(dimension, code)
            known = ", ".join(code_lists.known(dimension)[:12])
            table.warning(
                dimension,
                f"{code[:80]!r} is not a code known here",
                hint=f"Did you mean {meant!r}?" if meant else f"Known codes begin: {known}.",
            )
    stage = code_lists.stage_of(codes["grade"])
    others = {*code_lists.known("stage")} - {code_lists.FOR_TEACHERS, stage}
    if stage and codes["stage"] in others:
        table.warning(
            "grade",
            f"grade {codes['grade']} belongs to the stage {stage!r}, not {codes['stage']!r}",
            hint="Change one of the two.",
        )
    return codes


def _cover(table: Table, tree: Tree) -> str:
    cover = table.string("cover")
    if not cover:
        return ""
    if not cover.lower().endswith(PICTURES):
        table.error(
            "cover", f"{cover[:120]!r} is no picture", hint=f"Use one of {', '.join(PICTURES)}."
        )
        return ""
    if cover not in tree.files:
        table.error(
            "cover",
            f"there is no file {cover[:120]!r}",
            hint="Write its path from the pack's folder, or take the line out.",
        )
        return ""
    return cover
