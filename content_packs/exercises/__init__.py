"""Exercises: a named subset of 1EdTech QTI 3, written as TOML or GIFT, graded by pure code.

The specification is EXERCISES.md, beside this package. Modules, lowest first:

    limits, numbers, texts     bounds; what a pupil's number and text mean
    model                      what an exercise is
    rules                      what makes one sound, for a builder and for a reader
    codec                      the file in a pack
    drafting                   from an author's words to the model
    toml_source, gift_source   the two ways to write one
    presenting, grading        in what order it is shown, and what an answer earns
"""
