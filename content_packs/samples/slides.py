"""How a slide looks: a title at the top, a scene in the middle, room for captions at the bottom."""

from dataclasses import dataclass

from PIL import Image

from content_packs.samples import colours
from content_packs.samples.canvas import Picture
from content_packs.samples.drawings import draw_scene
from content_packs.samples.scripts import Scene
from content_packs.samples.shapes import Words

WIDTH, HEIGHT = 854, 480  # pixels: 480p, 16:9, even as x264 wants it
_MARGIN = 44
_TITLE_TOP, _TITLE_SIZE = 44, 32
_SCENE_TOP, _SCENE_BOTTOM = 92, 398  # captions lie below
_BAR_HEIGHT = 6
_WHOLE_SLIDE = "landscape"  # a drawing as wide and high as a slide fills it


@dataclass(frozen=True)
class SlideLook:
    """What one slide shows, and how far the video has come (0 to 1)."""

    title: str
    scene: Scene
    progress: float


def draw_slide(look: SlideLook, words: Words, accent: str) -> Image.Image:
    """Return the slide as a picture of 854 × 480 pixels."""
    picture = Picture(WIDTH, HEIGHT, colours.PAPER)
    view = picture.view
    if len(look.scene) == 1 and look.scene[0][0].startswith(_WHOLE_SLIDE):
        draw_scene(view, (0, 0, WIDTH, HEIGHT), look.scene, words)
        wide = view.width_of(look.title, _TITLE_SIZE) + _MARGIN + 24
        view.rectangle((-20, _TITLE_TOP - 27, wide + 20, 54), colours.PAPER, radius=16)
    else:
        box = (_MARGIN, _SCENE_TOP, WIDTH - 2 * _MARGIN, _SCENE_BOTTOM - _SCENE_TOP)
        draw_scene(view, box, look.scene, words)
    view.rectangle((0, 0, 12, HEIGHT), accent)
    view.text((_MARGIN, _TITLE_TOP), look.title, _TITLE_SIZE, anchor="lm", bold=True)
    view.rectangle((0, HEIGHT - _BAR_HEIGHT, WIDTH, _BAR_HEIGHT), "#EAE2D4")
    view.rectangle((0, HEIGHT - _BAR_HEIGHT, WIDTH * look.progress, _BAR_HEIGHT), accent)
    return picture.finish()
