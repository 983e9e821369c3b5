"""Publishing: a cpack, checked to its last byte, becomes a version in the repository.

1. Copy it into `incoming/` (a folder is built there), so that what is checked is what is used.
2. Refuse what isn't a new version of this publisher's, or isn't signed as `publishers` wants.
3. Check every byte.
4. Lay it out against the versions before it: one new bundle has only what none of them has. The
   first version keeps the layout and the bundles that its author made; so does a thin one, which is
   laid out against those versions already, as one that is built here is.
5. Put its files in their places, each durable; then, in one transaction, the row that says that the
   version is there.
Cut off before the row, the files are taken away again by the next command (see `placing`). Nothing
here touches the signed metadata: nodes hear of a version when it is released.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO

from content_packs import builder, cpack, durable, layout, publications, repository
from content_packs.cpack import Cpack
from content_packs.digests import digest_of, read_pieces
from content_packs.errors import InvalidContent, Missing, Refused
from content_packs.laying_out import lay_out
from content_packs.layout import Layout
from content_packs.manifest import Manifest
from content_packs.page_memo import PageMemo
from hub import publishers
from hub.clock import in_words
from hub.contents import check_bundles, read_layout, read_manifest
from hub.edition import Edition
from hub.fleet import audit
from hub.hub import Hub
from hub.limits import CPACK_BYTES_MAX, EARLIER_VERSIONS_MAX
from hub.people.actor import Actor
from hub.placing import finish_or_forget, put_in_place
from hub.settling import changing
from hub.versions import Version, insert, publisher_of, versions_of

Progress = Callable[[str, int, int], None]  # what is being done, bytes done, bytes in all

_NEW = "new.bundle"


@dataclass(frozen=True)
class Published:
    """A version in the repository. `already`: it was there before, and nothing was done.

    `signed_by` is the keyid of who signed the cpack, empty where nobody did.
    """

    version: Version
    already: bool
    signed_by: str = ""


def publish(
    hub: Hub,
    path: Path,
    progress: Progress = lambda _doing, _done, _total: None,
    *,
    actor: Actor | None = None,
) -> Published:
    """Publish the cpack or pack folder at `path`, for `actor`: of one publisher, or of all.

    A signature is looked for beside a cpack. Raises `Refused` for a version that isn't newer, isn't
    the publisher's or isn't signed as it has to be, `Untrusted` for a signature that doesn't hold,
    `InvalidContent` for one that isn't intact, `FaultyFolder`, `Missing`, `Busy`, `Damaged`,
    `StorageFailed`.
    """
    with changing(hub, f"publishing {path.name}") as edition:
        try:
            upload = hub.data.incoming / f"upload{cpack.SUFFIX}"
            if path.is_dir():
                builder.build(
                    path,
                    upload,
                    progress=_during(progress, "building"),
                    earlier_of=partial(_earlier, hub),
                    memo=PageMemo(hub.data.memos),
                )
            else:
                _copy(path, upload, progress)
            with _opened(hub, upload, path) as taken:
                _expect_own(taken, actor)
                signed_by = _signed_by(hub, taken, path)
                known = _known(hub, taken)
                if known is None:
                    _check_offered(edition, taken)
                    _expect_bundles(hub, taken, path)
                    if not path.is_dir():  # else this very process has just hashed every byte
                        cpack.verify(taken, _during(progress, "checking"))
                    by = actor.login if actor else ""
                    added = _add(hub, taken, progress, by)
                    return Published(added, already=False, signed_by=signed_by)
                return Published(known, already=True, signed_by=signed_by)
        finally:
            finish_or_forget(hub)


def _copy(path: Path, upload: Path, progress: Progress) -> None:
    """Copy a cpack, bounded; raise `Missing` where the source can't be read."""
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise Missing(
            f"{path}: there is no such file or folder",
            hint="Check the name, and in which folder you are.",
        ) from error
    except OSError as error:
        raise Missing(f"{path}: can't be read: {error.strerror}") from error
    if not S_ISREG(status.st_mode):
        raise InvalidContent(f"{path}: is neither a file nor a folder")
    done = 0
    with durable.writing(upload) as copy:
        for piece in _pieces(path):
            done += len(piece)
            if done > CPACK_BYTES_MAX:
                raise InvalidContent(f"{path}: more than {CPACK_BYTES_MAX} bytes")
            copy.write(piece)
            progress("copying", done, max(done, status.st_size))


def _pieces(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as source:
            yield from read_pieces(source)
    except OSError as error:
        raise Missing(f"{path}: can't be read: {error.strerror}") from error


@contextmanager
def _opened(hub: Hub, upload: Path, path: Path) -> Iterator[Cpack]:
    """Open our copy, but speak of the file that a person knows."""

    def open_here(digest: str) -> BinaryIO:
        return hub.objects.local(repository.bundle_path(digest)).open("rb")

    try:
        with cpack.open_cpack(upload, open_here) as taken:
            yield taken
    except InvalidContent as error:
        message = error.message.replace(str(upload), str(path))
        hint = error.hint or "It isn't intact: copy it again, or build it again."
        raise type(error)(message, hint=hint) from error


def _expect_own(taken: Cpack, actor: Actor | None) -> None:
    """Raise `Refused` where a pack says it is of another publisher than `actor` publishes for."""
    publisher = taken.manifest.publisher.id
    if actor is None or actor.sees_pack_of(publisher):
        return
    raise Refused(
        f"{taken.manifest.pack}: says it is of the publisher {publisher!r}; "
        f"{actor.login} publishes for {actor.publisher!r}",
        hint=f'Write publisher id = "{actor.publisher}" in pack.toml, and build it again.',
    )


def _signed_by(hub: Hub, taken: Cpack, path: Path) -> str:
    """Return the keyid of who signed a cpack; raise `Refused` if it may not be published so."""
    document = publications.read_signature(path) if path.is_file() else None
    signer = None
    if document is not None:
        what = str(publications.signature_path(path))
        signer = publications.check(document, taken, what=what)
    manifest, require = taken.manifest, hub.config.require_signatures
    keys = publishers.list_keys(hub)
    publishers.judge(keys, manifest.pack, manifest.publisher.id, signer, require=require)
    return signer.keyid if signer else ""


def _known(hub: Hub, taken: Cpack) -> Version | None:
    """Return the version if it is here already; raise `Refused` if it may not come to be."""
    manifest = taken.manifest
    publisher = publisher_of(hub, manifest.pack)
    if publisher is None:
        return None
    if publisher != manifest.publisher.id:
        raise Refused(
            f"{manifest.pack} belongs to the publisher {publisher!r}; "
            f"this version says {manifest.publisher.id!r}",
            hint="Only its publisher can publish a pack's next version. "
            "Give a pack of your own another id.",
        )
    known = versions_of(hub, manifest.pack)
    newest = known[0].version
    hint = f"Give it version {newest + 1} or more in pack.toml, and build it again."
    name = f"{manifest.pack} {manifest.version}"
    for same in known:
        if same.version == manifest.version and same.manifest == taken.digest:
            return same
        if same.version == manifest.version:
            raise Refused(
                f"{name} is published already, with other content: it has the digest "
                f"{same.manifest}, this one {taken.digest}; a version never changes",
                hint=hint,
            )
    if manifest.version < newest:
        raise Refused(f"{name} is not newer than {newest}, the newest published", hint=hint)
    return None


def _check_offered(edition: Edition, taken: Cpack) -> None:
    """Refuse what the repository knows better: hub.db may come from a backup of before."""
    manifest = taken.manifest
    for channel in edition.channels:
        offer = edition.offer_of(channel, manifest.pack)
        if offer and offer.version >= manifest.version and offer.manifest != taken.digest:
            raise Refused(
                f"{manifest.pack} {manifest.version} is not newer than {offer.version}, which "
                f"{channel} offers and hub.db doesn't know: it is older than the repository",
                hint=f"Publish {offer.version} once more, as it was; or give this one version "
                f"{offer.version + 1} or more in pack.toml, and build it again.",
            )


def _add(hub: Hub, taken: Cpack, progress: Progress, by: str) -> Version:
    laid_out, staged = _lay_out(hub, taken, progress)
    manifest = taken.manifest
    layout_digest, stored_layout = taken.layout_digest, taken.stored_layout
    if laid_out is not taken.layout:
        layout_digest, stored_layout = digest_of(layout.encode(laid_out)), layout.pack(laid_out)
    documents = {
        repository.layout_path(manifest.pack, layout_digest): stored_layout,
        repository.manifest_path(manifest.pack, taken.digest): taken.stored_manifest,
    }
    for number, (place, data) in enumerate(documents.items()):
        staged[place] = hub.data.incoming / f"document-{number}"
        durable.write(staged[place], data)
    new_bytes = put_in_place(hub, manifest.pack, manifest.version, taken.digest, staged)
    check_bundles(hub.objects, laid_out)
    new = Version(
        pack=manifest.pack,
        version=manifest.version,
        manifest=taken.digest,
        layout=layout_digest,
        size=manifest.size,
        new_bytes=new_bytes,
        title=manifest.title,
        published_at=in_words(hub.clock()),
        withdrawn_at="",
        published_by=by,
    )
    with hub.database.writing():
        insert(hub, new, manifest.publisher.id)
        audit.note(hub, "published", reason=f"{new.pack} {new.version}", actor=by)
    return new


def _lay_out(hub: Hub, taken: Cpack, progress: Progress) -> tuple[Layout, dict[str, Path]]:
    """Return the layout to publish, and its new bundles by their places."""
    earlier = _earlier(hub, taken.manifest.pack)
    if not earlier or taken.left_out:
        return taken.layout, _copy_bundles(hub, taken, progress)
    done = 0

    def count(size: int) -> None:
        nonlocal done
        done += size
        progress("laying out", done, taken.manifest.size)

    new = hub.data.incoming / _NEW
    with durable.writing(new) as out:
        laid_out, bundle = lay_out(taken.manifest, taken.blocks.read, earlier, out, count)
    return laid_out, {repository.bundle_path(bundle.digest): new} if bundle else {}


def _earlier(hub: Hub, pack: str) -> list[tuple[Manifest, Layout]]:
    """Return the versions that a new one of the pack is laid out against."""
    earlier = []
    for version in versions_of(hub, pack)[:EARLIER_VERSIONS_MAX]:
        manifest, _ = read_manifest(hub.objects, version.pack, version.manifest)
        earlier.append((manifest, read_layout(hub.objects, manifest, version.layout)[0]))
    return earlier


def _expect_bundles(hub: Hub, taken: Cpack, path: Path) -> None:
    """Raise `Missing` where a thin cpack leaves out a bundle that isn't here either."""
    for digest in taken.left_out:
        if hub.objects.size(repository.bundle_path(digest)) is None:
            raise Missing(
                f"{path}: is thin, and leaves out the bundle {digest}, which isn't here",
                hint="Publish the version that it was built after, or build it without --after.",
            )


def _copy_bundles(hub: Hub, taken: Cpack, progress: Progress) -> dict[str, Path]:
    """Return copies of a cpack's own bundles by their places."""
    staged = {}
    held = [one for one in taken.layout.bundles if one.digest not in taken.left_out]
    done, total = 0, sum(bundle.size for bundle in held)
    for number, bundle in enumerate(held):
        copy = hub.data.incoming / f"{number}.bundle"
        with taken.open_bundle(bundle.digest) as source, durable.writing(copy) as out:
            for piece in read_pieces(source):
                out.write(piece)
                done += len(piece)
                progress("copying", done, total)
        staged[repository.bundle_path(bundle.digest)] = copy
    return staged


def _during(progress: Progress, doing: str) -> Callable[[int, int], None]:
    return lambda done, total: progress(doing, done, total)
