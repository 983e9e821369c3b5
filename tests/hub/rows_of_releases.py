"""What a hub of each release held: a row of each table that it made, as it wrote it."""

from typing import Any

AT = "2026-01-01T08:00:00Z"

ROWS: dict[str, dict[str, dict[str, Any]]] = {
    "0001_packs": {
        "pack_row": {"pack": "demo", "publisher": "county"},
        "version_row": {
            "pack": "demo", "version": 1, "manifest": "a" * 64, "layout": "b" * 64, "size": 2**40,
            "new_bytes": 2**40, "title": '{"en": "Demo", "zh": "示例"}', "published_at": AT,
            "withdrawn_at": "",
        },
        "release_row": {"channel": "main", "pack": "demo", "version": 1, "released_at": AT},
    },
    "0002_deltas": {
        "delta_row": {
            "pack": "demo", "older": 1, "newer": 2, "stored": 7, "fetched": 9, "without": 2**40,
        },
    },
    "0003_keys_and_publishers": {
        "key_row": {"keyid": "c" * 64, "role": "root", "since": AT, "until": ""},
        "publisher_key_row": {
            "keyid": "d" * 64, "publisher": "county", "public": "e" * 64, "packs": "demo*",
            "added_at": AT, "removed_at": "",
        },
    },
    "0004_fleet": {
        "school_row": {"school": "qamdo", "district": "east", "title": "昌都小学", "added_at": AT},
        "node_row": {
            "node": "qamdo-1", "school": "qamdo", "groups": '["east"]', "serial": 1_767_254_400,
            "added_at": AT, "revoked_at": "", "alarm": "", "alarm_at": "",
        },
        "node_key_row": {
            "keyid": "f" * 64, "node": "qamdo-1", "public": "0" * 64, "state": "valid",
            "code": "1" * 64, "nonce": "n", "model": "box", "serial_number": "9", "software": "1",
            "origin": "192.0.2.1", "claimed_at": AT, "decided_at": AT, "credential": "{}",
            "sequence": 12, "requests": '[[12, "x"]]', "chain_sequence": 3,
            "chain_digest": "2" * 64,
        },
        "code_row": {
            "hash": "1" * 64, "school": "qamdo", "node": "", "made_at": AT, "expires_at": AT,
            "used_at": AT, "keyid": "f" * 64,
        },
        "approval_row": {"mark": "9", "added_at": AT, "keyid": ""},
        "desired_row": {
            "number": 1_767_254_400, "node": "qamdo-1", "group": "", "document": "{}",
            "issued_at": AT,
        },
        "report_row": {
            "node": "qamdo-1", "at": AT, "taken_at": AT, "by": "check-in", "report": "{}",
        },
        "batch_row": {
            "keyid": "f" * 64, "sequence": 1, "digest": "3" * 64, "kind": "reports",
            "taken_at": AT, "document": "", "trouble": "",
        },
        "audit_row": {
            "at": AT, "refusal": 0, "event": "school-added", "node": "", "keyid": "", "origin": "",
            "reason": "qamdo",
        },
    },
    "0005_school_requests": {
        "request_row": {
            "school": "qamdo", "id": "u-1", "what": "pack", "node": "qamdo-1", "state": "open",
            "pack": "demo", "lesson": "", "text": "更多", "kind": "", "media_type": "", "size": 0,
            "digest": "", "seconds": 0, "language": "zh", "asked_at": AT, "taken_at": AT,
            "answer": "", "answer_text": "", "answer_pack": "", "answered_at": "", "file": "",
            "file_asked": 0, "file_bytes": 0, "said": 0,
        },
    },
    "0006_people": {
        "person_row": {
            "person": "p-1", "login": "ada", "name": "阿达", "role": "operator",
            "townships": '["north", "南乡"]', "publisher": "", "password": "$argon2id", "totp": "t",
            "totp_step": 2**33, "added_at": AT, "disabled_at": "",
        },
        "person_session_row": {
            "digest": "4" * 64, "person": "p-1", "csrf": "c", "address": "192.0.2.1",
            "created_at": AT, "seen_at": AT, "expires_at": AT,
        },
        "person_device_row": {"digest": "5" * 64, "person": "p-1", "seen_at": AT},
        "person_link_row": {"digest": "6" * 64, "person": "p-1", "expires_at": AT},
        "api_token_row": {
            "token": "k-1", "digest": "7" * 64, "person": "p-1", "name": "script",
            "scopes": '["see-fleet"]', "made_at": AT, "expires_at": AT, "used_on": "2026-01-01",
            "revoked_at": "",
        },
        "try_row": {"name": "login ada", "used_until": 1_767_254_400},
        "audit_head_row": {"chain": "deeds", "number": 7, "digest": "8" * 64, "before": 1},
        "audit_checkpoint_row": {"number": 1_767_254_400, "document": '{"at": "now"}'},
    },
    "0007_jobs": {
        "job_row": {
            "id": "j-1", "kind": "publish", "arguments": '{"upload": "u-1"}',
            "actor": '{"login": "ada"}', "login": "ada", "publisher": "", "once": "publish u-1",
            "state": "queued", "priority": 5, "not_before": AT, "attempts": 1, "deaths": 0,
            "lease_by": "", "lease_until": "", "cancel_by": "", "done": 2**40, "total": 2**41,
            "words": "storing", "result": "{}", "problem": "", "hint": "", "created_at": AT,
            "started_at": AT, "ended_at": "",
        },
        "job_log_row": {"job": "j-1", "text": "begun\n"},
        "chore_row": {"chore": "backup", "due_at": AT},
    },
    "0008_publishing": {
        "upload_row": {
            "id": "u-1", "login": "ada", "publisher": "", "name": "数学.cpack", "size": 2**40,
            "received": 2**39, "state": "receiving", "job": "", "result": "", "created_at": AT,
            "changed_at": AT, "expires_at": AT,
        },
        "publishing_secret_row": {"name": "preview", "secret": "s"},
    },
    "0009_rollouts": {
        "rollout_row": {
            "rollout": "r-1", "pack": "demo", "version": 1, "channel": "main", "plan": "{}",
            "seed": "s", "price": "{}", "planned_at": AT, "planned_by": "ada", "approved_at": AT,
            "approved_by": "bo", "ended_at": "", "state": "running", "stage": 1, "begun_at": AT,
            "met_since": "", "passed": 0, "reverted": 0, "code": "waits", "figures": "{}",
            "step": 2**33, "edition_due": 0, "listed_at": AT, "seen_until": AT, "lease_until": "",
            "trouble": "",
        },
        "rollout_node_row": {
            "rollout": "r-1", "node": "qamdo-1", "stage": 0, "since": AT, "outcome": "working",
            "reason": "", "have": 2**40, "wanted": 2**41, "changed_at": AT,
        },
        "rollout_event_row": {
            "rollout": "r-1", "at": AT, "deed": "approve", "stage": 0, "code": "", "figures": "{}",
            "actor": "bo",
        },
    },
    "0010_schools": {
        "calendar_row": {
            "calendar": "hills", "title": "山区", "weekdays": "mon tue",
            "closures": '[["2027-01-18", "2027-02-20", "Winter"]]', "changed_at": AT,
        },
        "saved_query_row": {
            "owner": "ada", "name": "the north", "query": "township:north", "saved_at": AT,
        },
        "node_state_row": {
            "school": "qamdo", "node": "qamdo-1", "district": "east", "township": "north",
            "title": "昌都小学", "found_by": "qamdo", "groups": "east", "state": "downloading",
            "urgency": 3, "trouble": "", "reason": "demo 1", "heard_at": AT, "heard_by": "check-in",
            "reported_at": AT, "expected_at": AT, "overdue_at": AT, "silence_median": 3_600,
            "silence_p95": 86_400, "rhythm_learnt": 1, "behind": 2**40, "packs_behind": 1,
            "lessons_ready": 3, "lessons_total": 9, "link_mean": 2**33, "link_spread": 2**32,
            "link_days": 9, "link_on": "2026-01-01", "done_p50": AT, "done_p90": AT,
            "records": 12, "records_oldest": AT, "disk_free": 2**36, "disk_total": 2**37,
            "disk_trouble": "", "stations": 4, "power_cuts": 1, "undervoltage": 0, "software": "1",
            "unreached": 0, "courier": 0, "superseded": 0, "rolled_back": 0, "paused": 0,
            "alarm": 0, "claim": 0, "packs": '{"demo": 1}', "edition": 0,
        },
        "node_day_row": {
            "node": "qamdo-1", "day": "2026-01-01", "hours": 4_095, "contacts": 9,
            "bytes_in": 2**33, "bytes_counted": 2**33, "goodput": 2**20, "minutes_up": 90,
            "behind": 2**40, "disk_free": 2**36, "lessons_ready": 3, "lessons_total": 9,
            "records": 12,
        },
    },
    "0011_records_and_use": {
        "record_batch_row": {
            "school": "qamdo", "node": "qamdo-1", "taken_at": AT, "records": 2, "first_at": AT,
            "last_at": AT, "frame": "KLUv/SAA",
        },
        "record_row": {"school": "qamdo", "id": "s-1", "batch": 1},
        "use_row": {
            "school": "qamdo", "month": "2026-01", "pack": "demo", "pupils": 7, "opened": 30,
            "done": 3, "answers": 20, "correct": 15,
        },
        "lesson_use_row": {
            "school": "qamdo", "month": "2026-01", "pack": "demo", "lesson": "one", "pupils": 7,
            "opened": 30, "done": 3, "answers": 20, "correct": 15,
        },
        "use_day_row": {"school": "qamdo", "day": "2026-01-01", "pupils": 7},
        "use_mark_row": {
            "school": "qamdo", "span": "2026-01", "pack": "demo", "lesson": "", "marks": "0a1b2c3d",
        },
    },
    "0012_visits": {
        "visit_row": {
            "visit": "v-1", "title": "北乡", "courier": "Tashi", "state": "planned",
            "made_by": "ada", "made_at": AT, "job": "", "written_at": "", "written_bytes": 2**36,
            "file": "", "ended_at": "",
        },
        "visit_stop_row": {
            "visit": "v-1", "node": "qamdo-1", "place": 1, "why": "stick", "returned_at": "",
            "returned_by": "", "note": "",
        },
    },
    "0013_alerts": {
        "alert_row": {
            "id": "a-1", "reason": "disk", "subject": "qamdo-1", "words": "full", "since": AT,
            "until": "",
        },
        "alert_route_row": {
            "id": "w-1", "kind": "mail", "address": "a@example.org", "secret": "", "language": "zh",
            "reasons": '["disk"]', "added_by": "ada", "added_at": AT, "told_at": "",
            "failures": 0, "problem": "",
        },
        "alert_told_row": {"route": "w-1", "alert": "a-1", "ended": 0},
    },
    "0015_forgetting": {
        "forgotten_row": {"what": "use", "school": "", "before": AT, "forgotten_at": AT},
    },
    "0016_cards": {
        "card_seed_row": {
            "card": 1, "school": "qamdo", "node": "", "digest": "4" * 64, "code": "5" * 64,
            "wifi": "昌都 Satchel", "channels": '["main"]', "made_by": "ada", "made_at": AT,
            "expires_at": AT,
        },
        "card_receipt_row": {
            "digest": "6" * 64, "card": 1, "at": AT, "result": "written", "trouble": "",
            "image": "7" * 64, "system": 1, "satchel": "0.1.0", "arch": "arm64",
            "packs": '[["demo", 1]]', "device_size": 2**36, "device_model": "SD", "device_serial":
            "0x1f2e", "seconds": 312, "label": "1 昌都", "taken_by": "ada", "taken_at": AT,
        },
    },
}  # fmt: skip
