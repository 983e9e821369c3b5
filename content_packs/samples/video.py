"""Narrated videos: slides and a voice become MP4 files in two renditions, and captions.

All languages of a video share one timeline: each step lasts as long as its longest narration. So
captions in any language fit the video in any language.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

from content_packs.samples import slides, voice
from content_packs.samples.captions import Cue, write_webvtt
from content_packs.samples.encoding import FRAMES_PER_SECOND, encode, frame_of
from content_packs.samples.scripts import Scene, VideoScript
from content_packs.samples.shapes import Words

_LEAD_FRAMES = 2  # a slide is seen before it is spoken about
_PAUSE_FRAMES = 3  # after each sentence
_FADE_FRAMES = 2  # from one picture to the next
_CAPTION_LINGERS = 300  # milliseconds after the voice


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
    for language, texts in words.items():
        cues = [_cue(beat, language) for beat in beats]
        yield f"{stem}.{language}.vtt", write_webvtt(cues)
        frames = _frames(beats, language, texts, accent)
        for name, data in encode(frames, _sound(beats, language)):
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


def _sound(beats: list[Beat], language: str) -> bytes:
    per_frame = voice.SAMPLES_PER_SECOND // FRAMES_PER_SECOND * voice.BYTES_PER_SAMPLE
    lead = bytes(_LEAD_FRAMES * per_frame)
    return b"".join(
        (lead + beat.sounds[language]).ljust(beat.frames * per_frame, b"\0") for beat in beats
    )


def _frames(beats: list[Beat], language: str, words: Words, accent: str) -> Iterator[bytes]:
    before: Image.Image | None = None
    for number, beat in enumerate(beats, 1):
        look = slides.SlideLook(beat.title[language], beat.scene, number / len(beats))
        picture = slides.draw_slide(look, words, accent)
        fades = _FADE_FRAMES if before else 0
        for fade in range(fades):
            share = (fade + 1) / (_FADE_FRAMES + 1)
            yield frame_of(Image.blend(before or picture, picture, share))
        still = frame_of(picture)
        for _ in range(beat.frames - fades):
            yield still
        before = picture
