"""What is used and what isn't, by pack, lesson, school and month: counts, and no pupil.

```
tables limits      a row for each school, month and pack, or lesson; one for each school and day
counting           records into counts: pure
keeping            counts into the rows, in the transaction that keeps the records
showing            for people and programs: with small numbers left out
sheet              the same as a table for a spreadsheet
pages api cli      the faces
```

Fewer than five pupils are said as that, and of what they did nothing is said: in a small school a
count is a name.
"""
