"""What a person can type, set or meet stands in a document; every link leads somewhere."""

import dataclasses
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import click
import msgspec
import pytest
from flask import Flask

import content_packs.cli
import hub.app
import hub.cli
import hub.config
import sync_node.cli
import sync_node.config
from content_packs import errors, limits
from content_packs.errors import SatchelError
from content_packs.faults import FaultyFolder
from hub import errors as hub_errors
from hub.clock import system_clock
from hub.hub import open_hub
from hub.initialising import initialise
from sync_node.data_dir import DataDir
from sync_node.lan.app import create_app
from tests.support.source_code import CHECKOUT

PROGRAMS: dict[str, tuple[click.Command, str]] = {
    "content-packs": (content_packs.cli.main, "content_packs/CLI.md"),
    "hub": (hub.cli.main, "hub/CLI.md"),
    "sync-node": (sync_node.cli.main, "sync_node/CLI.md"),
}

SPECIFICATIONS = ("FORMAT", "TRUST", "PROTOCOL", "RECORDS")

# What an author's tools or this implementation's own work are bound by: no reader meets them.
NOT_OF_THE_FORMAT = {
    "KIB", "MIB", "GIB",
    "CHUNK_BYTES_MIN", "CHUNK_MASK_BITS",  # where cuts fall is the builder's choice
    "COPY_BUFFER_BYTES",
    "BLOCK_BYTES_FIRST", "BLOCK_BYTES_SMALL_FILES",  # how a writer fills blocks
    "TOML_BYTES_MAX", "PAGE_BYTES_MAX", "CAPTIONS_BYTES_MAX", "STYLE_SHEET_BYTES_MAX",
    "MEDIA_DESCRIPTION_BYTES_MAX", "MEDIA_PARTS_MAX", "MEDIA_SECONDS_MAX",
    "PICTURE_PIXELS_MAX", "CAPTIONS_CUES_MAX", "FAULTS_MAX",
}  # fmt: skip


def text_of(place: str) -> str:
    return (CHECKOUT / place).read_text(encoding="utf-8")


def commands(program: str) -> Iterator[tuple[str, click.Command]]:
    """Yield every command of a program by the words that a person types."""

    def below(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
        if isinstance(command, click.Group):
            for word, child in command.commands.items():
                yield from below(f"{name} {word}", child)
        else:
            yield name, command

    yield from below(program, PROGRAMS[program][0])


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_command_and_option_stands_in_its_document(program: str) -> None:
    place = PROGRAMS[program][1]
    text = text_of(place)
    for name, command in commands(program):
        assert name in text, f"{place} doesn't know the command `{name}`"
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                option = max(parameter.opts, key=len)
                assert re.search(rf"(?<![\w-]){option}(?![\w-])", text), (
                    f"{place} doesn't know `{name} {option}`"
                )


def _all_errors() -> set[type[SatchelError]]:
    found: set[type[SatchelError]] = {FaultyFolder}
    for module in (errors, hub_errors):
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, SatchelError):
                found.add(value)
    return found - {SatchelError}


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_exit_code_stands_in_its_document(program: str) -> None:
    place = PROGRAMS[program][1]
    rows = [
        re.split(r"\s*\|\s*", line.strip("| "))
        for line in text_of(place).splitlines()
        if line.startswith("|")
    ]
    said = {int(cell) for row in rows for cell in row[:1] if cell.strip("`").isdigit()}
    needed = {error.exit_code for error in _all_errors() if error not in _not_met_by(program)}
    assert needed <= said, f"{place} has no row for the exit codes {sorted(needed - said)}"


def _not_met_by(program: str) -> set[type[SatchelError]]:
    """Return the errors that a program has no use for."""
    if program == "sync-node":
        return {FaultyFolder}
    if program == "content-packs":
        return {errors.Untrusted, errors.SourceUnavailable, errors.Refused, *_of(hub_errors)}
    return {errors.SourceUnavailable}


def _of(module: object) -> set[type[SatchelError]]:
    return {value for value in vars(module).values() if isinstance(value, type)} & _all_errors()


def test_every_error_code_stands_in_a_document() -> None:
    text = "".join(text_of(place) for _, place in PROGRAMS.values())
    for error in _all_errors():
        assert f"`{error.code}`" in text, f"no CLI.md knows the error code `{error.code}`"


def _keys(table: type[msgspec.Struct]) -> Iterator[str]:
    for field in msgspec.structs.fields(table):
        kind = field.type
        inner = [kind, *getattr(kind, "__args__", ())]
        nested = [one for one in inner if isinstance(one, type) and issubclass(one, msgspec.Struct)]
        yield field.encode_name
        for one in nested:
            yield from _keys(one)


def test_every_configuration_key_stands_in_its_document() -> None:
    hub_text, node_text = text_of("hub/CLI.md"), text_of("sync_node/CLI.md")
    for field in dataclasses.fields(hub.config.Config):
        assert f"`{field.name}`" in hub_text, f"hub/CLI.md doesn't know the key {field.name}"
    for key in _keys(sync_node.config.Config):
        assert re.search(rf"\b{key}\b", node_text), f"sync_node/CLI.md doesn't know the key {key}"


def _assert_routes_stand(app: Flask, place: str) -> None:
    text = text_of(place)
    for rule in app.url_map.iter_rules():
        plain = re.sub(r"<\w+:(\w+)>", r"<\1>", rule.rule)
        assert re.search(rf"[` ]({re.escape(rule.rule)}|{re.escape(plain)})`", text), (
            f"{place} doesn't know {rule.rule}"
        )


def test_every_address_of_the_schools_site_stands_in_its_document(tmp_path: Path) -> None:
    _assert_routes_stand(create_app(DataDir(tmp_path)), "sync_node/lan/SITE.md")


def test_every_address_of_the_hub_stands_in_its_document(tmp_path: Path) -> None:
    initialise(tmp_path / "hub", "main", system_clock)
    _assert_routes_stand(hub.app.create_app(open_hub(tmp_path / "hub", system_clock)), "hub/API.md")


def _spelt(name: str, value: float) -> list[str]:
    """Return how a specification may write a bound."""
    if name in {"VERSION_MAX", "INTEGER_MAX"}:
        return [f"2^{int(value).bit_length()} - 1"]
    if name.endswith("_STORED_BYTES_MAX") and value == 4 * limits.MIB + 4 * limits.KIB:
        return ["4 MiB + 4 KiB"]
    for unit, size in (("GiB", limits.GIB), ("MiB", limits.MIB), ("KiB", limits.KIB)):
        if value >= size and value % size == 0:
            return [f"{value // size:.0f} {unit}"]
    return [f"{value:,}", str(value)]


def test_the_specification_names_every_bound_that_a_reader_enforces() -> None:
    text = " ".join("".join(text_of(f"content_packs/{name}.md") for name in SPECIFICATIONS).split())
    for name, value in vars(limits).items():
        if name.isupper() and name not in NOT_OF_THE_FORMAT:
            assert any(spelt in text for spelt in _spelt(name, value)), (
                f"{', '.join(SPECIFICATIONS)} don't name {name}, {_spelt(name, value)[0]}"
            )


def test_what_the_front_door_says_to_type_runs(tmp_path: Path) -> None:
    by_hand = text_of("README.md").partition("## By hand")[2].partition("\n## ")[0]
    commands_ = "".join(re.findall(r"```sh\n(.*?)```", by_hand, re.DOTALL))
    beside_us = Path(sys.executable).parent
    done = subprocess.run(
        ["bash", "-euc", commands_],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{beside_us}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "1 of 1 lessons ready" in done.stdout
    assert "satchel.lan/box/enrol" in (tmp_path / "codes.html").read_text(encoding="utf-8")
    assert (tmp_path / "stick" / "satchel" / "courier.json").exists()


def _documents() -> list[Path]:
    found = []
    for folder, folders, names in os.walk(CHECKOUT):
        # Lessons of the samples: `content-packs lint` checks those.
        skipped = {"node_modules", "samples"}
        folders[:] = [name for name in folders if name[0] != "." and name not in skipped]
        found += [Path(folder) / name for name in names if name.endswith(".md")]
    return sorted(found)


def _anchors(text: str) -> set[str]:
    """Return the anchors that a forge makes of a document's headings."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings
    }


@pytest.mark.parametrize("document", _documents(), ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_every_link_in_a_document_leads_somewhere(document: Path) -> None:
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"`[^`]*`", "", text)
    for target in re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", text):
        link = unquote(target[0] or target[1])
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        aimed = (document.parent / path).resolve() if path else document
        assert aimed.exists(), f"{document.name}: {link} leads nowhere"
        if anchor and aimed.suffix == ".md":
            assert anchor in _anchors(aimed.read_text(encoding="utf-8")), (
                f"{document.name}: {link} leads to no heading"
            )
