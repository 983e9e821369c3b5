"""Templates compiled before the first pupil comes: the first pages are as quick as later ones.

Compiling all that pupils see takes a quarter of a second here, and some seconds on a small box,
while a class opens its first page. Nothing is kept on disk: a card that wears isn't written to.
"""

from flask import Flask

PUPILS_SEE = (
    "student/", "items/", "exercise/", "signing_in/", "search/", "reading/", "materials/",
    "failures/",
)  # fmt: skip


def warm(app: Flask) -> None:
    """Compile the templates of what pupils see, and what these use."""
    names = app.jinja_env.list_templates()
    for name in names:
        if "/" not in name or name.startswith(PUPILS_SEE):
            app.jinja_env.get_template(name)
