"""The course in its versions: pack folders, and the trees that a school is to get of them.

All bring the same trees: the files that our build makes of the pack folders. Both are kept.
"""

import shutil
import sqlite3
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import fpdf
import imageio_ffmpeg
import PIL
import zstandard

from content_packs.manifest import Manifest
from scripts.bench.syncing import course, kept, media, optimum, trees, update, words
from scripts.bench.syncing.course import Scale
from scripts.bench.syncing.optimum import Optimum
from scripts.bench.syncing.trees import Tree
from scripts.bench.syncing.using import run
from scripts.demonstration import programs

FILMS = kept.FOLDER / "films"
LATER = 4
NUMBERS = (1, 2, 3, LATER)


@dataclass
class Versions:
    """Versions of one scale, numbered from 1; the library is number 0."""

    scale: Scale
    _trees: dict[int, Tree] = field(default_factory=dict)

    @property
    def _key(self) -> str:
        made_with = (
            imageio_ffmpeg.get_ffmpeg_version(), PIL.__version__, fpdf.FPDF_VERSION,
            sqlite3.sqlite_version,
        )  # fmt: skip
        return kept.key(course, media, update, words, str(self.scale), made_with)

    def folder(self, number: int) -> Path:
        """Return the pack folder of a version."""
        return kept.folder(f"folder-{number}", self._key, lambda out: self._make(number, out))

    def _make(self, number: int, out: Path) -> None:
        if number == 0:
            update.library(self.folder(1), out, self.scale)
        elif number == 1:
            course.make(out, self.scale, FILMS)
        elif number == LATER:
            update.update(self.folder(number - 1), out, number, self.scale, FILMS, *update.LATER)
        else:
            change = update.small_update if number == 3 else update.update
            change(self.folder(number - 1), out, number, self.scale, FILMS)

    def tree(self, number: int) -> Tree:
        """Return a version's tree: the one that the newest build made, as far as is known."""
        if number not in self._trees:
            self._trees[number] = self._kept_tree(number) or self._built_tree(number)
        return self._trees[number]

    def expect(self, number: int, manifest: Manifest) -> None:
        """Have the tree of a version be made anew, if a build has found other files in it."""
        digests = {file.path: file.digest for file in manifest.files}
        if self.tree(number).digests != digests:
            self._trees[number] = self._built_tree(number)

    def _tree_folder(self, number: int) -> Path:
        return kept.FOLDER / f"tree-{number}-{self._key}"

    def _kept_tree(self, number: int) -> Tree | None:
        digests = kept.remembered(f"tree-{number}", self._key)
        return Tree(self._tree_folder(number), digests) if digests else None

    def _built_tree(self, number: int) -> Tree:
        kept.FOLDER.mkdir(parents=True, exist_ok=True)
        folder = self.folder(number)
        with tempfile.TemporaryDirectory(dir=kept.FOLDER) as place:
            cpack, out = Path(place, "built.cpack"), self._tree_folder(number)
            run(*programs.command("content-packs", "build", folder, "--output", cpack))
            shutil.rmtree(out, ignore_errors=True)
            run(*programs.command("content-packs", "extract", cpack, out))
        tree = trees.look(out)
        trees.set_times(tree)
        kept.remember(f"tree-{number}", self._key, tree.digests)
        return tree

    def optimum(self, number: int, old: int | None) -> Optimum:
        """Return the optimum of a version for a node that holds another, or nothing."""
        new_tree, old_tree = self.tree(number), None if old is None else self.tree(old)
        digests = [tree.digests if tree else None for tree in (new_tree, old_tree)]
        key = kept.key(optimum, zstandard.__version__, digests)
        kinds = kept.remembered("optimum", key)
        if kinds is None:
            kinds = optimum.of(new_tree, old_tree).kinds
            kept.remember("optimum", key, kinds)
        return Optimum(kinds)
