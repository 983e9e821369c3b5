"""What the audit log's events are called on a page, in the reader's language."""

from hub.console.language import _


def words_of(event: str) -> str:
    """Return the words for an event; its own name where there are none yet."""
    return _words().get(event) or event.replace("-", " ")


def _words() -> dict[str, str]:
    return {**_of_schools(), **_of_people(), **_of_lessons(), **_of_keys()}


def _of_schools() -> dict[str, str]:
    return {
        "school-added": _("school added"),
        "school-changed": _("school changed"),
        "schools-imported": _("schools imported"),
        "calendar-set": _("school calendar set"),
        "calendar-removed": _("school calendar removed"),
        "codes-made": _("enrolment codes made"),
        "codes-cancelled": _("enrolment codes cancelled"),
        "approved": _("box approved beforehand"),
        "claimed": _("box asked to join"),
        "confirmed": _("box confirmed"),
        "claim-denied": _("box denied"),
        "revoked": _("box revoked"),
        "groups-set": _("groups of a box set"),
        "desired-set": _("desired state set"),
        "status-signed": _("list of revoked boxes signed"),
        "alarm": _("alarm"),
        "alarm-cleared": _("alarm cleared"),
        "claim-refused": _("joining refused"),
        "request-refused": _("box's request refused"),
        "document-refused": _("document refused"),
        "request-answered": _("school's request answered"),
        "file-asked": _("school's file asked for"),
        "records-exported": _("records exported"),
        "records-forgotten": _("records forgotten"),
        "use-forgotten": _("counts of use forgotten"),
        "stick-written": _("stick written"),
        "stick-read": _("stick read"),
        "seeds-made": _("seeds of cards made"),
        "card-receipts-taken": _("receipts of cards taken in"),
        "image-signed": _("image of boxes signed"),
        "visit-planned": _("visit planned"),
        "visit-written": _("stick of a visit written"),
        "visit-back": _("visit is back"),
        "visit-cancelled": _("visit cancelled"),
    }


def _of_people() -> dict[str, str]:
    return {
        "person-added": _("person added"),
        "person-changed": _("person's role changed"),
        "person-disabled": _("person disabled"),
        "person-enabled": _("person enabled again"),
        "person-reset": _("person given a new link"),
        "password-set": _("password set"),
        "second-step-on": _("second step switched on"),
        "second-step-off": _("second step switched off"),
        "signed-in": _("signed in"),
        "signed-out": _("signed out"),
        "sign-in-refused": _("sign-in refused"),
        "token-made": _("token made"),
        "token-revoked": _("token revoked"),
    }


def _of_lessons() -> dict[str, str]:
    return {
        "drop-folder-added": _("drop folder of a publisher added"),
        "uploaded": _("pack uploaded"),
        "upload-removed": _("upload removed"),
        "published": _("version published"),
        "released": _("version released"),
        "withdrawn": _("version withdrawn"),
        "channel-added": _("channel added"),
        "retention-done": _("old content removed"),
        "rollout-planned": _("rollout planned"),
        "rollout-approved": _("rollout approved"),
        "rollout-paused": _("rollout paused"),
        "rollout-resumed": _("rollout resumed"),
        "rollout-aborted": _("rollout aborted"),
        "rollout-decided": _("rollout went on by itself"),
        "rollout-signed": _("rollout's stage signed"),
        "alert-route-added": _("somebody to be told of alerts added"),
        "alert-route-removed": _("somebody to be told of alerts removed"),
        "job-cancelled": _("job cancelled"),
        "job-again": _("job started once more"),
    }


def _of_keys() -> dict[str, str]:
    return {
        "keys-encrypted": _("keys encrypted"),
        "metadata-installed": _("signed metadata installed"),
        "key-rotated": _("key replaced"),
        "key-revoked": _("key revoked"),
        "publisher-added": _("publisher's key added"),
        "publisher-removed": _("publisher's key removed"),
        "backed-up": _("backup taken"),
        "restored": _("hub restored from a backup"),
        "moved": _("database or content moved"),
    }
