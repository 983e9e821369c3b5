"""Which files of a lesson's folder make which item (FORMAT.md, section 2.3)."""

from dataclasses import dataclass, field

from content_packs.findings import Findings
from content_packs.manifest import Kind
from content_packs.source_names import (
    ItemName,
    name_like,
    role_of,
    take_apart,
    take_apart_folder,
)
from content_packs.source_tree import Found, Tree

LESSON_TOML = "lesson.toml"
_KINDS: dict[str, Kind] = {
    "page": "page",
    "html": "page",
    "video": "video",
    "audio": "audio",
    "document": "document",
    "exercise": "exercise",
}


@dataclass(frozen=True)
class ItemFile:
    """A file of an item, with its name taken apart."""

    name: ItemName
    found: Found


@dataclass(frozen=True)
class App:
    """A folder with `index.html`: an app in one language, or in none."""

    folder: str
    language: str


@dataclass
class Group:
    """What has one stem: the files of one item."""

    stem: str
    files: list[ItemFile] = field(default_factory=list)
    captions: list[ItemFile] = field(default_factory=list)
    apps: list[App] = field(default_factory=list)

    @property
    def first_path(self) -> str:
        """The path that stands for the item in messages."""
        named = [one.found.path for one in (*self.files, *self.captions)]
        return min(named + [app.folder for app in self.apps])


@dataclass(frozen=True)
class Contents:
    """What a lesson's folder holds: groups by their stems, and all other files."""

    groups: dict[str, Group]
    others: tuple[Found, ...]


def read_contents(tree: Tree, folder: str, findings: Findings) -> Contents:
    """Sort the files of a lesson's folder into items and others."""
    groups: dict[str, Group] = {}
    others: list[Found] = []
    files, folders = tree.names_in(folder)
    for name in files:
        if name != LESSON_TOML:
            _sort_file(tree.files[f"{folder}/{name}"], groups, others, findings)
    for name in folders:
        path = f"{folder}/{name}"
        if f"{path}/index.html" in tree.files:
            _sort_app(path, name, groups, findings)
        else:
            others += tree.under(path)
    return Contents(groups, tuple(others))


def _sort_file(
    found: Found, groups: dict[str, Group], others: list[Found], findings: Findings
) -> None:
    if role_of(found.name) is None:
        others.append(found)
        return
    name = take_apart(found.name)
    if isinstance(name, str):
        like = name_like(found.name.split(".", 1)[0]) or "halves"
        findings.error(
            found.path,
            f"the name says no item: {name}",
            hint=f"Name it STEM[.LANGUAGE][.RENDITION].EXTENSION, such as {like}.en.…, or put it "
            "in a folder of its own if a page uses it.",
        )
        return
    group = groups.setdefault(name.stem, Group(name.stem))
    (group.captions if name.role == "captions" else group.files).append(ItemFile(name, found))


def _sort_app(path: str, name: str, groups: dict[str, Group], findings: Findings) -> None:
    parts = take_apart_folder(name)
    if isinstance(parts, str):
        findings.error(
            path,
            f"the folder's name says no app: {parts}",
            hint="Name it like an item: slicer, or slicer.en and slicer.zh.",
        )
        return
    stem, language = parts
    groups.setdefault(stem, Group(stem)).apps.append(App(path, language))


def kind_of(group: Group, findings: Findings) -> Kind | None:
    """Return the kind of item that a group is; None, with an error noted, where it is none."""
    roles = {one.name.role for one in group.files} | ({"app"} if group.apps else set())
    if not roles:
        findings.error(
            group.first_path,
            f"captions, but there is no video or audio {group.stem!r}",
            hint="Captions have the stem of their video: halves.en.mp4, halves.en.vtt.",
        )
        return None
    if roles == {"video", "audio"} and not _loose_audio(group):
        return "video"
    if len(roles) > 1:
        _say_mixed(group, roles, findings)
        return None
    role = roles.pop()
    return "app" if role == "app" else _KINDS[role]


def _loose_audio(group: Group) -> list[ItemFile]:
    return [one for one in group.files if one.name.role == "audio" and not one.name.rendition]


def _say_mixed(group: Group, roles: set[str], findings: Findings) -> None:
    if roles == {"video", "audio"}:
        for one in _loose_audio(group):
            good = f"{group.stem}.{one.name.language}.audio{one.name.extension}"
            findings.error(
                one.found.path,
                f"a sound with the stem of the video {group.stem!r}",
                hint=f"Name it {good} if it is the video's sound, or give it a stem of its own.",
            )
        return
    files = [one.found.name for one in group.files] + [app.folder for app in group.apps]
    findings.error(
        group.first_path,
        f"the item {group.stem!r} is of several kinds: {', '.join(sorted(files)[:6])}",
        hint="Give the files of each item a stem of their own.",
    )


def check_once(group: Group, findings: Findings) -> None:
    """Note an error for each language and rendition that two files of a group claim."""
    seen: dict[tuple[str, str, str], str] = {}
    claims = [
        ((what, one.name.language, one.name.rendition), one.found.path)
        for what, files in (("", group.files), ("captions", group.captions))
        for one in files
    ]
    claims += [(("", app.language, ""), app.folder) for app in group.apps]
    for claim, path in claims:
        other = seen.setdefault(claim, path)
        if other != path:
            findings.error(
                path,
                f"the same language and rendition as {other!r}",
                hint="Keep one of the two, or say in the name what differs.",
            )
