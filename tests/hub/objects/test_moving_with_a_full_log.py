"""Content that has moved is said to have, whatever the log can't take."""

from hub.config import Config, read_config
from hub.hub import Hub
from hub.objects.moving import move
from hub.people.actor import of_this_machine
from tests.hub.full_logs import keep_out


def test_content_that_has_moved_is_said_to_have(filled: Hub, on_s3: Config) -> None:
    keep_out(filled.database, "moved")
    moved = move(filled, of_this_machine(), on_s3.objects, on_s3.objects_endpoint)
    (warning,) = moved.warnings
    assert "the disk is full" in warning
    assert read_config(filled.data.config).objects == moved.objects == on_s3.objects
