"""The job that publishes what was dropped into a publisher's folder, and says beside it how."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from content_packs.errors import SatchelError
from hub import drop_entries
from hub.drop_entries import Entry
from hub.errors import Busy
from hub.hub import Hub
from hub.jobs.context import JobContext
from hub.packs.publish_job import in_words, publish_path, result_of, words_of
from hub.uploads import unpacking
from hub.uploads.metadata import ZIP_SUFFIX


def run(hub: Hub, context: JobContext) -> Mapping[str, Any]:
    """Publish the entry `name` of `publisher`; the job of kind `publish-dropped`.

    What changed since it was asked for is left for the next look. Raises as `publishing.publish`.
    """
    wanted = context.arguments
    entry = drop_entries.find(hub, str(wanted["publisher"]), str(wanted["name"]))
    state = drop_entries.fingerprint(entry)
    if state != wanted["fingerprint"]:
        context.log(f"{entry.key} changed meanwhile: it is looked at anew once it has settled")
        return {}
    try:
        done = publish_path(hub, context, _path(context, entry), context.actor)
    except Busy:
        raise  # tried again: nothing came of it yet
    except SatchelError as error:
        said = in_words(error)
        for place in (f"{entry.path.parent}/", f"{context.folder()}/"):
            said = said.replace(place, "")
        drop_entries.write_result(hub, entry, state, said, published=False)
        raise
    drop_entries.write_result(hub, entry, state, words_of(done), published=True)
    return result_of(done)


def _path(context: JobContext, entry: Entry) -> Path:
    """Return what to publish: the entry itself, or the folder that comes out of a zip."""
    if not entry.name.endswith(ZIP_SUFFIX):
        return entry.path

    def show(done: int, total: int) -> None:
        context.progress(done, total, "unpacking")

    return unpacking.unpack(entry.path, context.folder() / "unpacked", show, what=entry.name)
