"""Sending a claim to a hub, and keeping the credential that comes for it."""

import contextlib

from content_packs import durable
from content_packs.errors import Missing, Untrusted
from content_packs.protocol import Credential, Pending
from sync_node import hub_calls
from sync_node.enrolment import document_of
from sync_node.errors import HubRefused
from sync_node.held_documents import HeldDocuments, Keys
from sync_node.hub_source import HubSource
from sync_node.identity import Identity
from sync_node.lock import folder_lock

_NO_GOOD = (
    "It was used, has expired, was cancelled, or isn't of this hub: the hub doesn't say which, its "
    "audit log does (hub audit). Read the code on the sheet again, or ask for a new one."
)


def ask(
    hub: HubSource, asks: Identity, documents: HeldDocuments, keys: Keys
) -> Credential | Pending:
    """Send a claim, and keep the credential that comes for it.

    A claim that the hub refuses isn't sent again: that is of no use. Raises `HubRefused`,
    `Missing`, `Untrusted`, `InvalidContent`, `SourceUnavailable`, `StorageFailed`.
    """
    document = document_of(asks)
    try:
        answer = hub_calls.claim(hub, document)
    except HubRefused as error:
        _set_aside(asks, document)
        raise HubRefused(error.message, status=error.status, hint=_NO_GOOD) from error
    if isinstance(answer, Pending):
        return _checked(answer, asks)
    return documents.take_credential(answer, keys, asks)


def _set_aside(asks: Identity, document: bytes) -> None:
    """Send a refused claim no more. One of another code, made while it was asked for, stays."""
    with folder_lock(asks.folder.parent), contextlib.suppress(Missing):
        if document_of(asks) == document:
            durable.rename(asks.claim_path, asks.refused_path)


def _checked(pending: Pending, asks: Identity) -> Pending:
    """Raise `Untrusted` where the hub shows another fingerprint than this box."""
    if pending.fingerprint != asks.fingerprint:
        raise Untrusted(
            f"the hub shows the fingerprint {pending.fingerprint}, expected {asks.fingerprint}",
            hint="Somebody in between may have put a key of his own in place of this box's.",
        )
    return pending
