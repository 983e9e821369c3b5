"""node.toml is strict: a typing mistake is said, never silently a default."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.errors import UsageError
from sync_node import config
from sync_node.config import Config, EngineConfig, SiteConfig, SourceConfig, WindowConfig
from sync_node.data_dir import DataDir
from sync_node.windows import Window

GOOD = 'format = 1\nchannels = ["main"]\n[[sources]]\nhub = "http://hub/"\n'


def test_reads_back_what_it_wrote(tmp_path: Path) -> None:
    wanted = Config(
        1,
        (
            SourceConfig(hub="https://hub.example/a"),
            SourceConfig(
                hub="https://sim.example/",
                metered=True,
                classes=("text", "video"),
                kbit_per_second=512,
                megabytes_per_day=20,
                megabytes_per_month=300,
                windows=(
                    WindowConfig(classes=("text",), kbit_per_second=64),
                    WindowConfig("22:00", "06:00"),
                ),
            ),
            SourceConfig(folder='/media/a "stick"\\\u00e9'),
        ),
        ("main", "trial"),
        17,
        EngineConfig(60),
        SiteConfig("127.0.0.1", 0),
        "Asia/Shanghai",
    )
    config.write(DataDir(tmp_path), wanted)
    assert config.read(DataDir(tmp_path)) == wanted


@given(st.text(min_size=1).filter(lambda text: "\0" not in text))
def test_any_folder_name_survives(name: str) -> None:
    folder = "/" + name
    try:
        folder.encode()
    except UnicodeEncodeError:
        return
    wanted = Config(1, (SourceConfig(folder=folder),))
    assert config.decode(config.encode(wanted).encode(), what="node.toml") == wanted


def test_defaults() -> None:
    found = config.decode(b'format = 1\n[[sources]]\nhub = "http://hub/"\n', what="node.toml")
    assert found.channels == ("main",)
    assert found.site.port == 8080
    assert found.engine.poll_seconds == 900


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "format"),
        ("format = 2\n" + GOOD[11:], "format is 2"),
        (GOOD.replace("channels", "chanels"), "chanels"),
        (GOOD + "[site]\nprot = 1\n", "prot"),
        (GOOD + "[site]\nport = 70000\n", "port is 70000"),
        (GOOD + "[site]\nport = '80'\n", "site.port"),
        (GOOD + "[engine]\npoll_seconds = 0\n", "poll_seconds is 0"),
        (GOOD.replace("main", "Main!"), "Main!"),
        (GOOD.replace('["main"]', "[]"), "channels: there are 0"),
        (GOOD.replace('["main"]', '["a", "a"]'), "twice"),
        ("format = 1\nsources = []\n", "sources: there are 0"),
        (GOOD + 'folder = "/x"\n', "either"),
        ("format = 1\n[[sources]]\n", "either"),
        ('format = 1\n[[sources]]\nfolder = "stick"\n', "path from the root"),
        ('format = 1\n[[sources]]\nhub = "hub.example"\n', "address of a hub"),
        (GOOD + "=", "not TOML"),
        ("rollout_number = 100\n" + GOOD, "rollout_number is 100"),
        ("#" * 70_000, "bytes"),
    ],
)
def test_refuses_what_is_wrong_and_says_where(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        config.decode(text.encode(), what="node.toml")
    assert caught.value.message.startswith(("node.toml", "hub"))


def test_refuses_what_isnt_text() -> None:
    with pytest.raises(UsageError, match="TOML"):
        config.decode(b"\xff\xfe", what="node.toml")


def test_says_that_init_is_missing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a node's data directory") as caught:
        config.read(DataDir(tmp_path))
    assert "sync-node init" in caught.value.hint


LINK = (
    GOOD
    + """
metered = true
classes = ["text", "audio"]
kbit_per_second = 512
megabytes_per_month = 300
[[sources.windows]]
classes = ["text"]
kbit_per_second = 64
[[sources.windows]]
from = "22:00"
to = "06:00"
"""
)


def test_what_a_link_may_carry() -> None:
    found = config.decode(LINK.encode(), what="node.toml")
    rules = config.rules_of(found.sources[0], found)
    assert rules.kinds == {"text", "audio"}
    assert (rules.rate, rules.bytes_per_day, rules.bytes_per_month) == (64_000, None, 300_000_000)
    assert rules.windows == (
        Window(0, 1440, frozenset({"text"}), 8_000),
        Window(1320, 360, frozenset({"text", "audio"}), 0),
    )


def test_a_metered_link_carries_text_unless_told_otherwise() -> None:
    found = config.decode(GOOD.encode() + b"metered = true", what="node.toml")
    assert config.rules_of(found.sources[0], found).kinds == {"text"}
    found = config.decode(GOOD.encode(), what="node.toml")
    assert config.rules_of(found.sources[0], found).kinds == {"text", "audio", "video", "other"}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"22:00"', '"22.00"', "'22.00' is no time of day"),
        ('"22:00"', '"25:00"', "no time of day"),
        ('"22:00"', '"06:00"', "is never open"),
        ('"22:00"', '"24:00"', "is never open"),
        ("from =", "form =", "form"),
        ('classes = ["text"]', 'classes = ["texts"]', "class 'texts', expected one of text"),
        ('classes = ["text"]', 'classes = ["video"]', "video, which the source doesn't carry"),
        ("kbit_per_second = 64", "kbit_per_second = -1", "kbit_per_second is -1"),
        ("megabytes_per_month = 300", "megabytes_per_month = -3", "megabytes_per_month is -3"),
        ("megabytes_per_month = 300", "megabytes_per_month = 0.5", "megabytes_per_month"),
        ("format = 1", "format = 1\ntime_zone = 'Mars'", "time_zone: 'Mars'"),
        ('hub = "http://hub/"', 'folder = "/stick"', "a folder has no link"),
    ],
)
def test_mistakes_in_windows_and_budgets_are_said(old: str, new: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        config.decode(LINK.replace(old, new, 1).encode(), what="node.toml")
    assert words in caught.value.message
