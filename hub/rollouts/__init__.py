"""Rollouts: a version goes to a few schools first, and on by itself where it does well.

`model`, `outcomes`, `decide` and `price` are pure: what is to happen follows from what is known.
`planning`, `deciding` and `evaluating` carry it out, `offering` signs it.
"""
