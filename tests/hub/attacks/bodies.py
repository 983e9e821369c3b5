"""A body for each operation that takes one, so good that nothing but a right can refuse it."""

from typing import Any

BODIES: dict[str, Any] = {
    "addAlertRoute": {"kind": "webhook", "address": "https://example.org/hook"},
    "importSchools": {"csv": "school,title\nnear-1,Other\n", "district": "east"},
    "describeSchool": {"title": "Other"},
    "saveFilter": {"query": "overdue"},
    "setCalendar": {"weekdays": ["mon"]},
    "confirmNode": {},
    "denyNode": {},
    "revokeNode": {"reason": "stolen"},
    "setNodeGroups": {"groups": ["pilot"]},
    "makeCodes": {"schools": ["near-1"]},
    "setDesiredOfGroup": {"settings": {"channels": ["main"]}},
    "previewDesiredOfGroup": {"settings": {"channels": ["main"]}},
    "setDesiredOfNode": {"settings": {"channels": ["main"]}},
    "previewDesiredOfNode": {"settings": {"channels": ["main"]}},
    "planVisit": {"nodes": ["near-2-1"]},
    "noteVisitBack": {"note": "all well"},
    "answerRequest": {"text": "soon"},
    "askForFile": {"wanted": True},
    "releaseVersion": {"channel": "main"},
    "withdrawVersion": {},
    "addChannel": {"channel": "spring"},
    "priceRollout": {
        "pack": "demo", "version": 2, "channel": "main", "stages": [{"group": {"percent": 100}}],
    },
    "planRollout": {
        "pack": "demo", "version": 2, "channel": "main", "stages": [{"group": {"percent": 100}}],
    },
    "pauseRollout": {},
    "resumeRollout": {},
    "abortRollout": {},
    "addPerson": {"login": "new", "role": "administrator"},
    "changePerson": {"role": "administrator"},
    "resetPerson": {},
    "forgetRecords": {"before": "2020-01-01"},
    "makeToken": {"login": "administrator", "name": "mine"},
}  # fmt: skip
# What forms are sent with: the fields of all of them, since none minds another's.
FIELDS = {
    "title": "Other", "groups": "pilot", "reason": "stolen", "note": "all well", "text": "soon",
    "verdict": "answered", "wanted": "1", "query": "overdue", "name": "new", "login": "new",
    "role": "administrator", "channel": "main", "csv": "school\nnear-1\n", "weekdays": "mon",
    "kind": "webhook", "address": "https://example.org/hook", "node": "near-2-1",
    "language": "en", "school": "near-1", "count": "1", "days": "9",
}  # fmt: skip
