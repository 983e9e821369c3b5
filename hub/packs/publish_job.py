"""The job that publishes what was uploaded, or dropped into a folder: built where it is a folder.

Begun once more after a cut, it finds the version published already, and says so. What a person
reads names their file, never where it lies here.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from content_packs import durable
from content_packs.command_line import megabytes
from content_packs.errors import Missing, SatchelError
from content_packs.faults import FaultyFolder
from hub import delta_files, deltas
from hub.errors import Busy
from hub.hub import Hub
from hub.jobs.context import JobContext
from hub.jobs.model import OF_HUB
from hub.packs import deeds
from hub.people.actor import Actor
from hub.publishing import Published
from hub.uploads import files, handing_over, receiving, unpacking
from hub.uploads.metadata import ZIP_SUFFIX
from hub.uploads.receiving import Upload


def run(hub: Hub, context: JobContext) -> Mapping[str, Any]:
    """Publish the upload `upload`; the job of kind `publish`. Raises as `publishing.publish`."""
    upload = receiving.find_even_expired(hub, OF_HUB, str(context.arguments["upload"]))
    folder = context.folder()
    try:
        path = _laid_out(hub, context, upload, folder)
        done = publish_path(hub, context, path, _within(context.actor, upload))
    except Busy:
        raise  # tried again: nothing came of it yet
    except SatchelError as error:
        _say_place_no_more(error, folder)
        handing_over.note_result(hub, upload, done=False, result=in_words(error))
        raise
    said = words_of(done)
    handing_over.note_result(hub, upload, done=True, result=said)
    if signature := handing_over.signature_for(hub, upload):
        handing_over.note_result(hub, signature, done=True, result=said)
    return result_of(done)


def _within(actor: Actor, upload: Upload) -> Actor:
    """Return who asked, for the packs of the upload's publisher alone, where it has one.

    Whoever runs a publisher's upload once more doesn't lend it a right to others' packs.
    """
    return replace(actor, publisher=upload.publisher) if upload.publisher else actor


def publish_path(hub: Hub, context: JobContext, path: Path, actor: Actor) -> Published:
    """Publish a cpack or folder, and make the deltas that nodes ask for first.

    Raises as `publishing.publish`; a delta that can't be made is a line in the log.
    """
    done = deeds.publish(hub, actor, path, context.show)
    version = done.version
    context.log(words_of(done))
    try:
        wanted = deltas.needed_first(hub, version.pack, version.version)
        for made in delta_files.make(hub, wanted, context.show):
            context.log(
                f"delta from {made.older}: {megabytes(made.fetched)} in place of "
                f"{megabytes(made.without)}"
            )
    except SatchelError as error:  # nodes fetch blocks where there is none; it is made later
        context.log(f"a delta can't be made: {error.message}")
    return done


def result_of(done: Published) -> dict[str, Any]:
    """Return what is remembered of a job that published."""
    version = done.version
    return {
        "pack": version.pack,
        "version": version.version,
        "already": done.already,
        "size": version.size,
        "new_bytes": version.new_bytes,
    }


def words_of(done: Published) -> str:
    """Say what was published."""
    version = done.version
    name = f"{version.pack} {version.version}"
    if done.already:
        return f"{name} was published already"
    return f"{name} is published: {megabytes(version.size)}, {megabytes(version.new_bytes)} new"


def in_words(error: SatchelError) -> str:
    """Return an error with its hint, and all faults of a folder, for a person to read."""
    faults = error.faults if isinstance(error, FaultyFolder) else ()
    lines = [error.message, *(f"{fault.severity}: {fault}" for fault in faults), error.hint]
    return "\n".join(line for line in lines if line)[:_RESULT_CHARACTERS_MAX]


_RESULT_CHARACTERS_MAX = 20_000


def _laid_out(hub: Hub, context: JobContext, upload: Upload, folder: Path) -> Path:
    """Return the upload under its own name, its signature beside it; of a zip, its folder."""
    source = files.path_of(hub, upload.id)
    if upload.name.endswith(ZIP_SUFFIX):
        target = folder / "unpacked"

        def show(done: int, total: int) -> None:
            context.progress(done, total, "unpacking")

        return unpacking.unpack(source, target, show, what=upload.name)
    _link(source, folder / upload.name)
    if signature := handing_over.signature_for(hub, upload):
        _link(files.path_of(hub, signature.id), folder / signature.name)
    return folder / upload.name


def _link(source: Path, name: Path) -> None:
    with durable.storage_errors(name):
        name.unlink(missing_ok=True)
        try:
            os.link(source, name)
        except FileNotFoundError as error:
            raise Missing(
                "the uploaded file isn't here any more", hint="Upload it anew."
            ) from error


def _say_place_no_more(error: SatchelError, folder: Path) -> None:
    for place in (f"{folder / 'unpacked'}/", f"{folder}/", str(folder)):
        error.message = error.message.replace(place, "")
        error.hint = error.hint.replace(place, "")
