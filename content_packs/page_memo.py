"""What pages became at the last build of a pack, so that only those that changed are read again.

What is remembered of a page stands under a digest of its role, its path and all of its text: times
and sizes of files play no part. It is used only where the links in it are still written the same
way. All of it is forgotten where the code or a library that made it is another, or where a byte of
it isn't as it was written. It can be removed at any time: it only saves work.

A file: `MAGIC`, the digest of what follows, then msgpack: by what it was made, and facts by digest.
"""

import contextlib
import hashlib
import sys
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from content_packs import durable, page_facts
from content_packs.digests import digest_of
from content_packs.errors import StorageFailed
from content_packs.limits import PAGE_MEMO_BYTES_MAX
from content_packs.names import is_name
from content_packs.page_facts import PageFacts, Resolve

MAGIC = b"satchel-pages\x01\n"
SUFFIX = ".pages"

PageRole: TypeAlias = Literal["page", "html", "exercise"]

_READ: dict[PageRole, Callable[[str, str, Resolve], PageFacts]] = {
    "page": page_facts.of_page,
    "html": page_facts.of_document,
    "exercise": page_facts.of_exercise,
}
_LIBRARIES = ("markdown-it-py", "mdit-py-plugins", "latex2mathml", "nh3", "msgspec")
_DIGEST_BYTES = 32


class _Kept(msgspec.Struct, frozen=True):
    made_by: str
    facts: dict[str, PageFacts]


@cache
def this_code() -> str:
    """Return a digest of all that decides what a page becomes: our modules, libraries, Python."""
    folder = Path(__file__).parent
    hasher = hashlib.sha256(sys.version.encode())
    for name in _LIBRARIES:
        hasher.update(f"{name} {version(name)}\n".encode())
    for path in sorted(folder.rglob("*.py")):
        source = path.read_bytes()
        hasher.update(f"{path.relative_to(folder)} {len(source)}\n".encode())
        hasher.update(source)
    return hasher.hexdigest()


class PageMemo:
    """Gives what pages become; what they became before is in `folder`, a file for each pack.

    Without a folder nothing is remembered. `reused` counts the pages that weren't read again.
    """

    def __init__(self, folder: Path | None = None, *, made_by: str | None = None) -> None:
        self._folder = folder
        self._made_by = made_by
        self._path: Path | None = None
        self._known: dict[str, PageFacts] = {}
        self._used: dict[str, PageFacts] = {}
        self._anew = 0
        self.reused = 0

    def begin(self, pack: str) -> None:
        """Recall what is remembered of a pack's pages, if that can be used."""
        if self._folder is None or not is_name(pack):
            return
        self._made_by = self._made_by or this_code()
        self._path = self._folder / f"{pack}{SUFFIX}"
        with contextlib.suppress(OSError, msgspec.MsgspecError, UnicodeDecodeError):
            self._known = self._recalled(self._path)

    def _recalled(self, path: Path) -> dict[str, PageFacts]:
        with path.open("rb") as file:
            data = file.read(PAGE_MEMO_BYTES_MAX + 1)
        head = len(MAGIC) + _DIGEST_BYTES
        body = memoryview(data)[head:]
        if data[:head] != MAGIC + hashlib.sha256(body).digest():
            return {}
        kept = msgspec.msgpack.decode(body, type=_Kept)
        return kept.facts if kept.made_by == self._made_by else {}

    def facts(self, role: PageRole, text: str, path: str, resolve: Resolve) -> PageFacts:
        """Return what the page at `path` in the folder becomes."""
        key = digest_of(f"{role}\n{path}\n{text}".encode())
        found = self._known.get(key)
        if found is None or not found.hold(resolve):
            found = _READ[role](text, path, resolve)
            self._anew += 1
        else:
            self.reused += 1
        self._used[key] = found
        return found

    def end(self) -> None:
        """Remember the pages of this build, those alone. What can't be written is forgotten."""
        if self._path is None or not self._anew:
            return
        body = msgspec.msgpack.encode(_Kept(self._made_by or "", self._used))
        data = MAGIC + hashlib.sha256(body).digest() + body
        if len(data) > PAGE_MEMO_BYTES_MAX:
            return
        with contextlib.suppress(StorageFailed):
            durable.make_folder(self._path.parent)
            durable.write(self._path, data)
