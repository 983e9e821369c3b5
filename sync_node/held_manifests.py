"""Manifests that the node holds, parsed, with what the site asks of them. A bounded cache."""

import errno
import threading
from collections import OrderedDict
from functools import cached_property

import msgspec

from content_packs.digests import expect_digest
from content_packs.errors import InvalidContent, Missing, StorageFailed
from content_packs.manifest import Item, Lesson, Manifest
from content_packs.source_names import EXERCISE_MEDIA_TYPE
from sync_node.data_dir import DataDir
from sync_node.limits import MANIFEST_CACHE_BYTES_MAX, MANIFESTS_CACHED_MAX

_CHECK_HINT = "Run `sync-node check`: it fetches again what is damaged."


class HeldManifest:
    """A manifest and its indexes, made when they are first asked for."""

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest

    @cached_property
    def lessons(self) -> dict[str, Lesson]:
        """The lessons by their ids."""
        return {lesson.id: lesson for lesson in self.manifest.lessons}

    @cached_property
    def lessons_of_path(self) -> dict[str, tuple[str, ...]]:
        """For each path that lessons name, the ids of those lessons. Others are shared files."""
        found: dict[str, tuple[str, ...]] = {}
        for lesson in self.manifest.lessons:
            for path in lesson.required_paths() | lesson.finer_paths():
                found[path] = (*found.get(path, ()), lesson.id)
        return found

    @cached_property
    def exercise_paths(self) -> frozenset[str]:
        """The paths of exercises, by what items say and by media type: they have the answers."""
        named = {
            variant.path
            for lesson in self.manifest.lessons
            for item in lesson.items
            if item.kind == "exercise"
            for variant in item.variants
        }
        typed = {f.path for f in self.manifest.files if f.media_type == EXERCISE_MEDIA_TYPE}
        return frozenset(named | typed)

    @cached_property
    def item_of_path(self) -> dict[str, tuple[Lesson, Item]]:
        """For the main path of each variant, its lesson and item: where a link to it leads."""
        return {
            variant.path: (lesson, item)
            for lesson in self.manifest.lessons
            for item in lesson.items
            for variant in item.variants
            if variant.path
        }


class HeldManifests:
    """Verified manifests by digest, the least used forgotten first. Safe for several threads."""

    def __init__(self, data_dir: DataDir) -> None:
        self._data_dir = data_dir
        self._lock = threading.Lock()
        self._parsed: OrderedDict[str, tuple[HeldManifest, int]] = OrderedDict()

    def get(self, digest: str) -> HeldManifest:
        """Return the manifest with this digest.

        Its bytes were checked in full before they got this name; that they still have this digest
        shows that they are the same. Raises `Missing`, `InvalidContent` or `StorageFailed`.
        """
        with self._lock:
            if digest in self._parsed:
                self._parsed.move_to_end(digest)
                return self._parsed[digest][0]
        held, size = self._read(digest)
        with self._lock:
            self._parsed[digest] = (held, size)
            self._forget()
        return held

    def put(self, digest: str, manifest: Manifest, size: int) -> None:
        """Remember a manifest that was checked in full, and is on disk with `size` bytes."""
        with self._lock:
            self._parsed[digest] = (HeldManifest(manifest), size)
            self._forget()

    def _read(self, digest: str) -> tuple[HeldManifest, int]:
        place = self._data_dir.manifest_path(digest)
        try:
            data = place.read_bytes()
        except FileNotFoundError as error:
            raise Missing(f"{place}: the manifest isn't here", hint=_CHECK_HINT) from error
        except OSError as error:
            if error.errno == errno.EIO:  # a sector that can't be read is rot, too
                raise InvalidContent(f"{place}: {error.strerror}", hint=_CHECK_HINT) from error
            raise StorageFailed(f"{place}: {error.strerror}", hint=_CHECK_HINT) from error
        expect_digest(data, digest, what=str(place))
        try:
            return HeldManifest(msgspec.json.decode(data, type=Manifest)), len(data)
        except msgspec.MsgspecError as error:
            raise InvalidContent(f"{place}: {error}", hint=_CHECK_HINT) from error

    def _forget(self) -> None:
        total = sum(size for _, size in self._parsed.values())
        while len(self._parsed) > 1 and (
            len(self._parsed) > MANIFESTS_CACHED_MAX or total > MANIFEST_CACHE_BYTES_MAX
        ):
            _, (_, size) = self._parsed.popitem(last=False)
            total -= size
