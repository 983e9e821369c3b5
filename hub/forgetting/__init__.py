"""What the hub forgets: records of pupils and counts of use from before a day.

```
tables limits      up to when what was forgotten, of a school or of all
marks              from when on what comes is kept: by what was forgotten, and by hub.toml
old_records        records from before a moment: which, and that they go, some at a time
old_counts         the same of counts of use
service            for people and programs: what would go, and that it goes
chore              the same each day, by what hub.toml says; and what a cut left
api pages          the faces; the command is `hub records forget`
```

What was forgotten doesn't come back: a box that lost its memory, and a stick from a drawer, may
send it again. It is acknowledged then as all else is, and not kept.
"""
