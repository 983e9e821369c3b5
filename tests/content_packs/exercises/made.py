"""Exercises made for tests: one that uses every part of the model, and strategies of sound ones."""

from hypothesis import strategies as st

from content_packs.exercises import drafting
from content_packs.exercises.drafting import About, Answer, Draft, Note
from content_packs.exercises.model import FORMAT, KINDS, Exercise, Question

EVERY_KIND = r"""
title = "Halves and quarters"
instructions = "Look at the *pictures*."

[[question]]
id = "pick"
kind = "choice"
prompt = 'Which picture shows **one half**, $\frac{1}{2}$?'
points = 2
hint = "Count the parts."
feedback = { correct = "Yes.", incorrect = "Look again." }
picture = "half.png"
picture_alt = "A circle cut in two"
options = [
  { text = "The left one", correct = true, feedback = "Two equal parts." },
  { text = "The right one", credit = 50 },
  { text = "Neither" },
]

[[question]]
kind = "multiple-choice"
prompt = "Which are halves?"
points = 3
shuffle = true
options = [
  { text = '$\frac24$', correct = true },
  { text = '$\frac36$', correct = true },
  { text = '$\frac13$', correct = true },
  { text = "3", feedback = "That is a whole number." },
]

[[question]]
kind = "text-entry"
prompt = "Water turns to steam: what is it called?"
answers = ["evaporation", { text = "evaporating", credit = 50, feedback = "Nearly." }]

[[question]]
kind = "numeric"
prompt = "How long is half a metre?"
answer = 50
tolerance = 0.5
unit = "cm"

[[question]]
kind = "inline-choice"
text = "Water {{1}} when it is {{2}}."
gaps = [
  { options = ["evaporates", "freezes"], correct = "evaporates" },
  { options = ["cold", "hot"], correct = "hot" },
]

[[question]]
kind = "order"
prompt = "From small to large"
points = 3
items = ['$\frac14$', '$\frac13$', '$\frac12$', "1"]

[[question]]
kind = "match"
prompt = "What belongs together?"
points = 2
pairs = [["sun", "heat"], ["cloud", "rain"]]
distractors = ["mud"]
"""

_WORDS = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), min_size=1, max_size=12
).filter(lambda text: bool(text.strip()))


def _silent() -> Note:
    return Note(on_error=lambda *_: None, warning=lambda *_: None)


@st.composite
def questions(draw: st.DrawFn, number: int = 1) -> Question:
    """A question of any kind, not always sound: words can turn out to mean the same."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    about = About(
        id=f"q{number}",
        prompt=draw(_WORDS).strip(),
        points=draw(st.integers(1, 9)),
        correct=draw(st.sampled_from(["", "Yes."])),
        incorrect=draw(st.sampled_from(["", "No."])),
    )
    draft = Draft(about, _silent())
    words = draw(st.lists(_WORDS.map(str.strip), min_size=3, max_size=6, unique=True))
    if kind in {"choice", "multiple-choice"}:
        several = kind == "multiple-choice" and draw(st.booleans())
        answers = [
            Answer(w, 100 if n == 0 or (several and n == 1) else 0) for n, w in enumerate(words)
        ]
        hide = draw(st.booleans())
        return draft.finish(
            kind, options=draft.options("options", answers, hide=hide), shuffle=hide
        )
    if kind == "text-entry":
        return draft.finish(kind, answers=draft.text_answers([drafting.right(w) for w in words]))
    if kind == "numeric":
        value = draw(st.fractions(min_value=-99, max_value=99, max_denominator=40))
        answer = Answer(str(value), 100, tolerance=draw(st.sampled_from(["0", "0.5", "1/3"])))
        return draft.finish(kind, answers=draft.numeric_answers([answer]))
    if kind == "inline-choice":
        gap = [Answer(w, 100 if n == 1 else 0) for n, w in enumerate(words)]
        return draft.finish(kind, **draft.gapped("a {{1}} b {{2}}", [gap, gap]))
    if kind == "order":
        return draft.finish(kind, items=draft.entries("items", words))
    rows, choices = draft.rows([(w, words[0]) for w in words[:2]], words[2:])
    return draft.finish(kind, rows=rows, choices=choices)


def exercises() -> st.SearchStrategy[Exercise]:
    """An exercise with one to four questions."""
    numbered = st.integers(1, 4).flatmap(
        lambda count: st.tuples(*(questions(number) for number in range(1, count + 1)))
    )
    return st.builds(Exercise, format=st.just(FORMAT), language=st.just("en"), questions=numbered)
