"""Sending a claim to a hub, and keeping the credential that comes for it."""

from content_packs import durable
from content_packs.errors import Untrusted
from content_packs.protocol import Credential, Pending
from sync_node import hub_calls
from sync_node.enrolment import document_of
from sync_node.errors import HubRefused
from sync_node.held_documents import HeldDocuments, Keys
from sync_node.hub_source import HubSource
from sync_node.identity import Identity

_NO_GOOD = (
    "It was used, has expired, was cancelled, or isn't of this hub: the hub doesn't say which, its "
    "audit log does (hub audit). Read the code on the sheet again, or ask for a new one."
)


def ask(
    hub: HubSource, asks: Identity, documents: HeldDocuments, keys: Keys
) -> Credential | Pending:
    """Send a claim, and keep the credential that comes for it.

    A claim that the hub refuses is forgotten: asking again is of no use. Raises `HubRefused`,
    `Missing`, `Untrusted`, `InvalidContent`, `SourceUnavailable`, `StorageFailed`.
    """
    try:
        answer = hub_calls.claim(hub, document_of(asks))
    except HubRefused as error:
        durable.remove(asks.claim_path)
        raise HubRefused(error.message, status=error.status, hint=_NO_GOOD) from error
    if isinstance(answer, Pending):
        return _checked(answer, asks)
    return documents.take_credential(answer, keys, asks)


def _checked(pending: Pending, asks: Identity) -> Pending:
    """Raise `Untrusted` where the hub shows another fingerprint than this box."""
    if pending.fingerprint != asks.fingerprint:
        raise Untrusted(
            f"the hub shows the fingerprint {pending.fingerprint}, expected {asks.fingerprint}",
            hint="Somebody in between may have put a key of his own in place of this box's.",
        )
    return pending
