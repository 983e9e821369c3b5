"""What the API offers of uploads and the drop folder. The bytes come by tus, see `web`."""

import msgspec

from hub import drop_folder
from hub.api.operations import Given, Operation
from hub.api.paging import PAGE_DEFAULT, Limit
from hub.drop_folder import Dropped
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.uploads import handing_over, receiving
from hub.uploads.receiving import Upload


class UploadsQuery(msgspec.Struct, forbid_unknown_fields=True):
    """`after`: the id of the last upload that was seen."""

    after: str = ""
    limit: Limit = PAGE_DEFAULT


class UploadsPage(msgspec.Struct):
    """Uploads, the newest first. `next`: ask for more with it as `after`; empty for no more."""

    items: tuple[Upload, ...]
    next: str


class DroppedFiles(msgspec.Struct):
    """What lies in the drop folder."""

    items: tuple[Dropped, ...]


def _uploads(hub: Hub, actor: Actor, given: Given) -> UploadsPage:
    query: UploadsQuery = given.query
    found = receiving.list_uploads(hub, actor, after=query.after, limit=query.limit + 1)
    shown = tuple(found[: query.limit])
    return UploadsPage(shown, shown[-1].id if len(found) > query.limit else "")


def _publish(hub: Hub, actor: Actor, given: Given) -> Upload:
    found = receiving.find_even_expired(hub, actor, given.path["upload"])
    return handing_over.hand_over(hub, actor, found)


def _remove(hub: Hub, actor: Actor, given: Given) -> None:
    receiving.remove(hub, actor, given.path["upload"])


def _dropped(hub: Hub, actor: Actor, _given: Given) -> DroppedFiles:
    return DroppedFiles(tuple(drop_folder.dropped(hub, actor)))


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "listUploads", "GET", "/uploads", Right.PUBLISH,
        "What one uploaded, and what became of it", _uploads,
        screen="/console/uploads", command="uploads list",
        query=UploadsQuery, answer=UploadsPage,
    ),
    Operation(
        "publishUpload", "POST", "/uploads/{upload}/publish", Right.PUBLISH,
        "Publish a whole upload, once more if that failed", _publish,
        screen="/console/uploads/<upload>/publish", command="uploads publish",
        answer=Upload, problems=("409",),
    ),
    Operation(
        "removeUpload", "POST", "/uploads/{upload}/remove", Right.PUBLISH,
        "Forget an upload and its bytes", _remove,
        screen="/console/uploads/<upload>/remove", command="uploads remove", status=204,
    ),
    Operation(
        "listDropped", "GET", "/dropped", Right.PUBLISH,
        "What lies in the drop folder, and what became of it", _dropped,
        screen="/console/uploads", command="drop-folder list", answer=DroppedFiles,
    ),
)  # fmt: skip
