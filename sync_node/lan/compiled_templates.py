"""The site's templates as Python's code, where somebody made it (templates_main.py).

An image of a box has it: of a small box's start, Jinja takes seconds to compile the first page.
Where the folder is missing, or a template is other than it was, Jinja compiles as ever and nothing
is kept: a card that wears isn't written to.
"""

from contextlib import suppress
from pathlib import Path

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache

FOLDER = Path(__file__).parent / "compiled_templates"


class CompiledTemplates(BytecodeCache):
    """The code in a folder, a file for each template. `is_kept`: what isn't there is put there."""

    def __init__(self, folder: Path, *, is_kept: bool = False) -> None:
        self._folder = folder
        self._is_kept = is_kept

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give Jinja the code that is there, if any. It looks whether that is of this source."""
        with suppress(FileNotFoundError), (self._folder / bucket.key).open("rb") as file:
            bucket.load_bytecode(file)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Take the code that Jinja made. Raises `OSError`."""
        if self._is_kept:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / bucket.key).write_bytes(bucket.bytecode_to_string())


def set_up(app: Flask, folder: Path = FOLDER) -> None:
    """Have the templates' code taken from where it is."""
    app.jinja_env.bytecode_cache = CompiledTemplates(folder)


def compile_all(app: Flask, folder: Path) -> int:
    """Put the code of every template into a folder; return how many there are. Raises `OSError`."""
    app.jinja_env.bytecode_cache = CompiledTemplates(folder, is_kept=True)
    names = app.jinja_env.list_templates()
    for name in names:
        app.jinja_env.get_template(name)
    return len(names)
