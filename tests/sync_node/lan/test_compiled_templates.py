"""Templates that were compiled as an image was made: taken as they are, unless they are others."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from jinja2.bccache import Bucket

from sync_node.data_dir import DataDir
from sync_node.lan.app import create_app
from sync_node.lan.compiled_templates import FOLDER, CompiledTemplates, compile_all, set_up
from tests.support.source_code import CHECKOUT


class Watched(CompiledTemplates):
    """Notes how many templates Jinja had to compile."""

    compiled = 0

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.compiled += 1
        super().dump_bytecode(bucket)


def compiled_now(folder: Path) -> int:
    """Return how many templates a site has to compile that finds others in a folder."""
    app = create_app(DataDir(folder / "node"))
    watched = Watched(folder)
    app.jinja_env.bytecode_cache = watched
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
    return watched.compiled


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All templates, by the program that an image's build runs."""
    place = tmp_path_factory.mktemp("compiled")
    words = [sys.executable, "-m", "sync_node.lan.templates_main", str(place)]
    done = subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert done.stdout == f"{len(list(place.iterdir()))} templates are compiled in {place}\n"
    return place


def test_nothing_that_is_there_is_compiled_again(folder: Path, tmp_path: Path) -> None:
    assert compiled_now(folder) == 0
    assert compiled_now(tmp_path) == len(list(folder.iterdir()))
    assert not list(tmp_path.glob("[!n]*"))  # and nothing was kept: cards wear


def test_a_template_that_is_another_now_is_compiled(folder: Path, tmp_path: Path) -> None:
    app = create_app(DataDir(tmp_path))
    name = app.jinja_env.list_templates()[0]
    source, filename, _ = app.jinja_env.loader.get_source(app.jinja_env, name)  # type: ignore[union-attr]
    compiled = CompiledTemplates(folder)
    assert compiled.get_bucket(app.jinja_env, name, filename, source).code is not None
    assert compiled.get_bucket(app.jinja_env, name, filename, source + " ").code is None


def test_a_site_without_them_and_one_with_them_show_the_same(folder: Path, tmp_path: Path) -> None:
    without = create_app(DataDir(tmp_path))
    with_them = create_app(DataDir(tmp_path))
    set_up(with_them, folder)
    answers = [app.test_client().get("/") for app in (without, with_them)]
    assert answers[0].data == answers[1].data


def test_two_compilations_give_the_same_bytes(tmp_path: Path) -> None:
    """What an image holds follows from the commit alone."""
    for name in ("a", "b"):
        words = [sys.executable, "-m", "sync_node.lan.templates_main", str(tmp_path / name)]
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        subprocess.run(words, cwd=CHECKOUT, env=environment, check=True, capture_output=True)
    first, second = (
        {place.name: place.read_bytes() for place in (tmp_path / name).iterdir()} for name in "ab"
    )
    assert first == second


def test_a_checkout_has_none() -> None:
    """They would be of what was there when they were made."""
    assert not FOLDER.exists()


def test_what_cant_be_kept_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="file"):
        compile_all(create_app(DataDir(tmp_path)), tmp_path / "file" / "below")
