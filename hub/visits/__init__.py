"""Visits: which schools somebody has to go to, on which ways, with what on their sticks.

```
ways        stops to ways, the shortest that is easily found: pure
candidates  who needs a visit, and why
planning    visits planned, listed, their return recorded
sticks      the job that writes a visit's stick, and packs it for a download
returning   sticks that came home, uploaded and taken in
```
A visit is one way of one person with one stick. It is `planned`, its stick is `written`, and it is
`back` once each school on it was heard of by a stick that was written after, or a person said so.
"""
