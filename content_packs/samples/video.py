"""Narrated videos: slides and a voice become MP4 files in two renditions, and captions.

All languages of a video share one timeline: each step lasts as long as its longest narration. So
captions in any language fit the video in any language.
"""

import contextlib
import subprocess
import tempfile
import wave
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
from PIL import Image

from content_packs.errors import Missing
from content_packs.samples import slides, voice
from content_packs.samples.captions import Cue, write_webvtt
from content_packs.samples.scripts import Scene, VideoScript
from content_packs.samples.shapes import Words

FRAMES_PER_SECOND = 5
KEYFRAME_SECONDS = 2
_LEAD_FRAMES = 2  # a slide is seen before it is spoken about
_PAUSE_FRAMES = 3  # after each sentence
_FADE_FRAMES = 2  # from one picture to the next
_CAPTION_LINGERS = 300  # milliseconds after the voice
_RENDITIONS = (("480p", 480, 30), ("240p", 240, 31))  # name, lines, x264's constant rate factor


@dataclass(frozen=True)
class Beat:
    """One step on the timeline: its sentence, its scene, and its frames."""

    title: dict[str, str]
    say: dict[str, str]
    scene: Scene
    sounds: dict[str, bytes]
    start: int
    frames: int


def make_video(
    script: VideoScript, stem: str, words: dict[str, Words], accent: str
) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a video: their names and bytes, for each language of `words`.

    Raises `Missing` where the font, the voice or ffmpeg is missing.
    """
    beats = _timeline(script, tuple(words))
    for language in words:
        cues = [_cue(beat, language) for beat in beats]
        yield f"{stem}.{language}.vtt", write_webvtt(cues)
        for name, data in _encode(beats, language, words[language], accent):
            yield f"{stem}.{language}.{name}.mp4", data


def _timeline(script: VideoScript, languages: tuple[str, ...]) -> list[Beat]:
    steps = [(slide, step) for slide in script.slide for step in slide.step]
    spoken = {
        language: voice.speak(language, [step.say[language] for _, step in steps])
        for language in languages
    }
    beats: list[Beat] = []
    start, scene = 0, Scene()
    for number, (slide, step) in enumerate(steps):
        sounds = {language: spoken[language][number] for language in languages}
        longest = max(voice.seconds_of(sound) for sound in sounds.values())
        frames = _LEAD_FRAMES + int(longest * FRAMES_PER_SECOND) + 1 + _PAUSE_FRAMES
        first = step is slide.step[0]
        scene = step.show or (slide.show if first else scene)
        beats.append(Beat(slide.title, step.say, scene, sounds, start, frames))
        start += frames
    return beats


def _cue(beat: Beat, language: str) -> Cue:
    start = (beat.start + _LEAD_FRAMES) * 1_000 // FRAMES_PER_SECOND
    spoken = round(voice.seconds_of(beat.sounds[language]) * 1_000)
    return Cue(start, start + spoken + _CAPTION_LINGERS, beat.say[language])


def _encode(
    beats: list[Beat], language: str, words: Words, accent: str
) -> Iterator[tuple[str, bytes]]:
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder, "sound.wav")
        _write_sound(sound, beats, language)
        outputs = [Path(folder, f"{name}.mp4") for name, _, _ in _RENDITIONS]
        _run(_command(sound, outputs), _frames(beats, language, words, accent))
        for (name, _, _), output in zip(_RENDITIONS, outputs, strict=True):
            yield name, output.read_bytes()


def _run(command: list[str], frames: Iterable[bytes]) -> None:
    """Start ffmpeg and give it the frames one by one: all of them would fill the memory."""
    with tempfile.TemporaryFile() as said:
        with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=said) as process:
            assert process.stdin is not None  # noqa: S101 # as asked for above
            with contextlib.suppress(BrokenPipeError):  # ffmpeg ended early, and says why
                for frame in frames:
                    process.stdin.write(frame)
                process.stdin.close()
        if process.returncode != 0:
            said.seek(0)
            raise Missing(
                f"ffmpeg can't encode: {said.read().decode(errors='replace')[-300:]}",
                hint="Install what the samples need: pip install 'satchel[samples]'",
            )


def _write_sound(path: Path, beats: list[Beat], language: str) -> None:
    per_frame = voice.SAMPLES_PER_SECOND // FRAMES_PER_SECOND * voice.BYTES_PER_SAMPLE
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(voice.BYTES_PER_SAMPLE)
        file.setframerate(voice.SAMPLES_PER_SECOND)
        for beat in beats:
            sound = bytes(_LEAD_FRAMES * per_frame) + beat.sounds[language]
            file.writeframes(sound.ljust(beat.frames * per_frame, b"\0"))


def _frames(beats: list[Beat], language: str, words: Words, accent: str) -> Iterator[bytes]:
    before: Image.Image | None = None
    for number, beat in enumerate(beats, 1):
        look = slides.SlideLook(beat.title[language], beat.scene, number / len(beats))
        picture = slides.draw_slide(look, words, accent)
        fades = _FADE_FRAMES if before else 0
        for fade in range(fades):
            share = (fade + 1) / (_FADE_FRAMES + 1)
            yield Image.blend(before or picture, picture, share).tobytes()
        still = picture.tobytes()
        for _ in range(beat.frames - fades):
            yield still
        before = picture


def _command(sound: Path, outputs: list[Path]) -> list[str]:
    size = f"{slides.WIDTH}x{slides.HEIGHT}"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y"]
    command += ["-filter_threads", "1", "-filter_complex_threads", "1"]
    command += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", str(FRAMES_PER_SECOND)]
    command += ["-i", "pipe:0", "-i", str(sound)]
    small = _RENDITIONS[1][1]
    scale = f"scale=426:{small}:flags=area+accurate_rnd+bitexact"
    command += ["-filter_complex", f"[0:v]split[v0][s];[s]{scale}[v1]"]
    for number, ((_, _, factor), output) in enumerate(zip(_RENDITIONS, outputs, strict=True)):
        command += ["-map", f"[v{number}]", "-map", "1:a", *_encoder(factor), str(output)]
    return command


def _encoder(factor: int) -> list[str]:
    """x264 and AAC that every phone plays, and nothing in the file but what is seen and heard."""
    keyframes = str(KEYFRAME_SECONDS * FRAMES_PER_SECOND)
    return [
        *("-c:v", "libx264", "-preset", "veryfast", "-tune", "stillimage", "-crf", str(factor)),
        *("-profile:v", "main", "-pix_fmt", "yuv420p", "-g", keyframes, "-threads", "1"),
        *("-c:a", "aac", "-b:a", "32k", "-ac", "1", "-shortest"),
        *("-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact"),
        *("-flags:a", "+bitexact", "-movflags", "+faststart"),
    ]
