"""An exercise with a question of every kind, made as an author makes one."""

from content_packs.exercises import codec, toml_source
from content_packs.exercises.answers import right_response
from content_packs.exercises.model import Exercise, Order

QUIZ = """
title = "Practice"
instructions = "Take your **time**."

[[question]]
id = "half"
kind = "choice"
prompt = "Which is one half? $\\\\frac{1}{2}$"
picture = "pizza.png"
picture_alt = "A pizza in four parts"
hint = "Count the *equal* parts."
options = [
  { text = "Two of four parts", correct = true, feedback = "Two quarters are one half." },
  { text = "One of four parts", feedback = "That is one quarter." },
]

[[question]]
id = "equal"
kind = "multiple-choice"
prompt = "Which are cut into equal parts?"
options = [
  { text = "A sheet folded edge to edge", correct = true },
  { text = "A broken stick" },
  { text = "An orange", correct = true },
]

[[question]]
id = "word"
kind = "text-entry"
prompt = "What is the number below the line called?"
answers = ["denominator"]

[[question]]
id = "action"
kind = "numeric"
prompt = "Eight apples for four children: how many for each?"
answer = 2
unit = "apples"

[[question]]
id = "gap"
kind = "inline-choice"
prompt = "Choose."
text = "Two quarters are {{1}} one half, and more than {{2}}."
gaps = [
  { options = ["more than", "as much as"], correct = "as much as" },
  { options = ["one quarter", "one whole"], correct = "one quarter" },
]

[[question]]
id = "sizes"
kind = "order"
prompt = "The biggest first."
items = ["one half", "one third", "one quarter"]

[[question]]
id = "names"
kind = "match"
prompt = "What belongs together?"
pairs = [ ["1/2", "one half"], ["1/3", "one third"] ]
distractors = ["one tenth"]
"""


def quiz() -> Exercise:
    """Return the exercise."""
    exercise, faults = toml_source.parse(QUIZ, name="practice.en.quiz.toml")
    assert exercise is not None, faults
    return exercise


def encoded() -> bytes:
    """Return its file in a pack."""
    return codec.encode(quiz())


def right_form() -> dict[str, list[str]]:
    """Return the form that answers everything rightly, as a browser sends it."""
    form: dict[str, list[str]] = {"_version": ["1"], "_attempt": ["1"]}
    for question in quiz().questions:
        if isinstance(question, Order):
            for place, item in enumerate(question.items, 1):
                form[f"{question.id}:{item.id}"] = [str(place)]
        else:
            form[question.id] = list(right_response(question))
    return form
