"""The school's own data: people, records, what is set, materials. `school.open_school` begins.

```
school          all services, wired together
signing_in insight exports roster_applying recording materials quizzes
people teachers sessions assignments progress statements pinned_versions wishes uploads
deriving pace throttling rosters oneroster pins texts hashing                what they are made of
ground          database, writer, clock, randomness
database writer backup salvaging migrations models errors limits
```
"""
