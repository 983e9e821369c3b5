"""Which old file a new one is made from: by path, by a renamed folder, or by likeness.

A folder was renamed where files that didn't change say so, or, where all of them changed, the names
in it. Nothing is read but for likeness, and that only for texts that are at no old path.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

from content_packs.bundle import is_text
from content_packs.likeness import Likeness
from content_packs.limits import CHUNK_BYTES_MAX, DELTA_RENAMES_MAX, MIB
from content_packs.manifest import File, Manifest

_FILES_SAYING_SO_MIN = 2  # that moved without a change from one folder to another
_NAMES_SHARED_MIN = 0.5  # of two folders, for one to be the other renamed
_FOLDER_PAIRS_MAX = 10_000  # that are compared by the names in them
_TEXTS_MAX = 4_000  # old texts that are looked at for likeness
_TEXT_BYTES_MAX = 64 * MIB

Renames = tuple[tuple[str, str], ...]


def find_renames(old: Manifest, new: Manifest) -> Renames:
    """Return the folders that have another name in `new`: old and new paths, no slash last."""
    gone = [file for file in old.files if file.path not in new.by_path]
    fresh = [file for file in new.files if file.path not in old.by_path]
    where: dict[str, list[str]] = defaultdict(list)
    for file in gone:
        where[file.digest].append(file.path)
    said: Counter[tuple[str, str]] = Counter()
    for file in fresh:
        if len(where.get(file.digest, ())) == 1:
            said[_folders(where[file.digest][0], file.path)] += 1
    found: dict[str, str] = {}
    for (before, after), count in said.most_common():
        if before and after and count >= _FILES_SAYING_SO_MIN:
            found.setdefault(before, after)
    for before, after in _renamed_by_names(gone, fresh):
        if after not in found.values():
            found.setdefault(before, after)
    return tuple(found.items())[:DELTA_RENAMES_MAX]


def _folders(before: str, after: str) -> tuple[str, str]:
    """Return the folders whose names differ, of two paths that end alike."""
    one, other = before.split("/"), after.split("/")
    while one and other and one[-1] == other[-1]:
        one.pop()
        other.pop()
    ends_alike = len(one) < before.count("/") + 1
    return ("/".join(one), "/".join(other)) if ends_alike else ("", "")


def _renamed_by_names(gone: Iterable[File], fresh: Iterable[File]) -> list[tuple[str, str]]:
    """Return lessons' folders that hold files of nearly the same names."""
    before, after = _names_by_folder(gone), _names_by_folder(fresh)
    found: list[tuple[str, str]] = []
    if len(before) * len(after) > _FOLDER_PAIRS_MAX:
        return found
    for folder, names in after.items():
        shared = {other: len(names & theirs) for other, theirs in before.items()}
        best = max(shared, key=lambda other: shared[other], default="")
        if best and shared[best] >= _NAMES_SHARED_MIN * len(names | before[best]):
            found.append((best, folder))
            del before[best]
    return found


def _names_by_folder(files: Iterable[File]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for file in files:
        folder, slash, name = file.path.partition("/")
        if slash:
            found[folder].add(name)
    return found


def renamed_path(path: str, renames: Renames) -> str:
    """Return where a path of the old version lies after the renames."""
    for before, after in renames:
        if path.startswith(before + "/"):
            path = after + path[len(before) :]
    return path


class Pairing:
    """Finds the old file for each new one."""

    def __init__(
        self, old: Manifest, new: Manifest, renames: Renames, read_old: Callable[[File], bytes]
    ) -> None:
        self._paths = [renamed_path(file.path, renames) for file in old.files]
        self.by_path = dict(zip(self._paths, old.files, strict=True))
        self._read_old = read_old
        self._new = new
        self._old_files = old.files
        self._gone: dict[str, list[File]] = defaultdict(list)  # by media type
        for path, file in self.by_path.items():
            if path not in new.by_path and file.size:
                self._gone[file.media_type].append(file)
        self._alike: list[Likeness] | None = None

    def at_path(self, file: File) -> File | None:
        """Return the old file at the same path, renames thought of. It may be empty: then None."""
        found = self.by_path.get(file.path)
        return found if found and found.size else None

    def gone_like(self, file: File) -> File | None:
        """Return the file of the same type that is no more, nearest in size."""
        gone = self._gone.get(file.media_type, ())
        return min(gone, key=lambda each: abs(each.size - file.size), default=None)

    def alike(self, text: bytes) -> File | None:
        """Return the old text that `text` is most like: rather one that is no more."""
        if self._alike is None:
            self._alike = self._look()
        for likeness in self._alike:
            number = likeness.most_alike(text)
            if number is not None:
                return self._old_files[number]
        return None

    def _look(self) -> list[Likeness]:
        texts = [
            number
            for number, file in enumerate(self._old_files)
            if is_text(file.media_type) and 0 < file.size <= CHUNK_BYTES_MAX
        ]
        gone = [number for number in texts if self._paths[number] not in self._new.by_path]
        return [self._sketched(gone), self._sketched(texts)]

    def _sketched(self, numbers: Sequence[int]) -> Likeness:
        likeness = Likeness()
        step = -(-len(numbers) // _TEXTS_MAX) or 1
        left = _TEXT_BYTES_MAX
        for number in numbers[::step]:
            file = self._old_files[number]
            left -= file.size
            if left < 0:
                break
            likeness.add(number, self._read_old(file))
        return likeness
