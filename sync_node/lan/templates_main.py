"""`python -m sync_node.lan.templates_main [FOLDER]`: compiles the site's templates.

It is called when an image is built, by the Python and the libraries of that image. FOLDER is where
the site looks, where it isn't given.
"""

import sys
from pathlib import Path

from sync_node.data_dir import DataDir
from sync_node.lan import compiled_templates
from sync_node.lan.app import create_app


def main(words: list[str]) -> None:
    """Compile, and say how many there are."""
    folder = Path(words[0]) if words else compiled_templates.FOLDER
    app = create_app(DataDir(Path("/nonexistent")))  # nothing of it is opened
    try:
        count = compiled_templates.compile_all(app, folder)
    except OSError as error:
        sys.exit(f"{folder}: templates can't be put there: {error.strerror}")
    print(f"{count} templates are compiled in {folder}")  # noqa: T201  # it is a program


if __name__ == "__main__":
    main(sys.argv[1:])
