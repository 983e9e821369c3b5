"""Looks into videos, sounds and captions: whether they are what they say, and will play."""

import shlex
from pathlib import PurePosixPath

from content_packs import webvtt
from content_packs.errors import InvalidContent
from content_packs.findings import Findings
from content_packs.limits import CAPTIONS_BYTES_MAX
from content_packs.media import MediaFacts, read_media
from content_packs.source import PackFolder
from content_packs.source_names import ItemName, role_of, take_apart
from content_packs.source_toml import read_text
from content_packs.source_tree import Found

_CONTAINERS = {
    ".mp4": "mp4",
    ".m4a": "mp4",
    ".webm": "webm",
    ".mp3": "mp3",
    ".ogg": "ogg",
    ".opus": "ogg",
}
# What every phone that a pupil may bring decodes in hardware or quickly enough.
_CODECS = {
    "mp4": {"video": {"avc1", "avc3"}, "audio": {"mp4a"}},
    "webm": {"video": {"V_VP8", "V_VP9"}, "audio": {"A_VORBIS", "A_OPUS"}},
}
_CODEC_NAMES = {"hev1": "HEVC", "hvc1": "HEVC", "av01": "AV1", "ac-3": "AC-3", "V_AV1": "AV1"}
_HEIGHT_SLACK = 1.25  # a 240p file of 272 lines is still one
_CAPTIONS_SLACK_SECONDS = 1.0  # a last caption may stand a moment past the end


def check(folder: PackFolder, findings: Findings) -> None:
    """Note what is wrong inside the folder's media and captions."""
    seconds: dict[tuple[str, str], float] = {}
    captions: list[Found] = []
    for found in folder.tree.files.values():
        if found.path.lower().endswith(".vtt"):
            captions.append(found)
        elif (suffix := PurePosixPath(found.name.lower()).suffix) in _CONTAINERS:
            facts = _check_media(found, _CONTAINERS[suffix], findings)
            if facts is not None:
                key = _stem_of(found)
                seconds[key] = max(seconds.get(key, 0.0), facts.seconds)
    for found in captions:
        _check_captions(found, seconds.get(_stem_of(found), 0.0), findings)


def _stem_of(found: Found) -> tuple[str, str]:
    return found.path.rpartition("/")[0], found.name.partition(".")[0]


def _check_media(found: Found, container: str, findings: Findings) -> MediaFacts | None:
    if not found.size:
        findings.error(found.path, "an empty file", hint="Export or copy it again.")
        return None
    try:
        with found.location.open("rb") as file:
            facts = read_media(file, found.size)
    except InvalidContent as error:
        findings.error(
            found.path, error.message, hint=error.hint or "Export or copy the file again."
        )
        return None
    except OSError as error:
        findings.error(found.path, f"can't be read: {error.strerror}", hint="Check the disk.")
        return None
    if facts.container != container:
        findings.error(
            found.path,
            f"named as {container}, but it is {facts.container}",
            hint="Give it the right extension, or convert it.",
        )
        return None
    _check_playable(found, facts, findings)
    name = take_apart(found.name) if role_of(found.name) else ""
    if isinstance(name, ItemName):
        _check_rendition(found, name, facts, findings)
    return facts


def _check_playable(found: Found, facts: MediaFacts, findings: Findings) -> None:
    name = shlex.quote(found.name)
    if not facts.plays_while_loading:
        mended = shlex.quote(f"mended-{found.name}")
        findings.error(
            found.path,
            "its index (moov) stands behind the content: it would only play when all has come",
            hint=f"Run: ffmpeg -i {name} -c copy -movflags +faststart {mended}",
        )
    for track in facts.tracks:
        allowed = _CODECS.get(facts.container, {}).get(track.kind)
        if allowed and track.codec not in allowed:
            codec = _CODEC_NAMES.get(track.codec, track.codec or "unknown")
            findings.warning(
                found.path,
                f"its {track.kind} is coded as {codec}, which cheap phones can't play",
                hint=f"Run: ffmpeg -i {name} -c:v libx264 -c:a aac -movflags +faststart out.mp4",
            )
    if not facts.tracks:
        findings.error(found.path, "no track in it", hint="Export it again.")


def _check_rendition(found: Found, name: ItemName, facts: MediaFacts, findings: Findings) -> None:
    if name.role == "video" and name.rendition != "audio" and not facts.has_video:
        findings.error(
            found.path,
            "a video without pictures",
            hint=f"If it is only sound, name it {name.stem}.….audio.m4a.",
        )
    elif (name.role == "audio" or name.rendition == "audio") and facts.has_video:
        findings.warning(
            found.path,
            "sound only by its name, but it has a video track",
            hint="Take the pictures out (ffmpeg -vn), so that it costs less to fetch.",
        )
    elif name.rendition.endswith("p") and facts.height:
        _check_height(found, int(name.rendition[:-1]), facts, findings)


def _check_height(found: Found, named: int, facts: MediaFacts, findings: Findings) -> None:
    narrow = min((min(t.width, t.height) for t in facts.tracks if t.kind == "video"), default=0)
    if narrow > named * _HEIGHT_SLACK:  # the shorter side: a phone's upright film is 240 wide
        findings.warning(
            found.path,
            f"named {named}p, but it is {facts.height} pixels tall",
            hint=f"Make it smaller (ffmpeg -vf scale=-2:{named}), or name it for what it is.",
        )


def _check_captions(found: Found, seconds: float, findings: Findings) -> None:
    text = read_text(found.location, found.path, CAPTIONS_BYTES_MAX, findings)
    if text is None:
        return
    captions = webvtt.parse(text)
    for problem in captions.problems:
        findings.error(found.path, problem.message, line=problem.line, hint=problem.hint)
    late = [cue for cue in captions.cues if cue.end > (seconds + _CAPTIONS_SLACK_SECONDS) * 1000]
    if seconds and late:
        findings.error(
            found.path,
            f"a caption ends at {late[0].end / 1000:.1f} s, the media after {seconds:.1f} s",
            line=late[0].line,
            hint="Check that these are the captions of this video.",
        )
