"""What pupils did, as schools sent it: records, kept as they came, each once.

```
tables limits      batches of records, and the ids of those that are here
keeping            records from a batch into them, inside the batch's own transaction
reading            for people and programs: how many there are, and the records themselves
pages api cli      the faces
```

A record names nobody: who `learner:<uuid>` is, is known in the school alone. What is made of
records for staff, without any pupil in it, is `hub.use`.
"""
