"""Work that takes longer than an answer may: built, published, packed in the background.

A row of the database is the truth about a job (`tables`). Whoever wants one calls
`service.start`. A worker claims it for as long as its lease lasts (`claiming`), and runs it in a
process of its own (`working`, `worker_main`) with bounds on memory, processor and niceness. Workers
are told that there is something to do (`waking`), and look by themselves where that got lost. What
a worker that was killed held is queued again once its lease has run out.

So a job may be run more than once, and cut off at any moment: each kind leaves nothing half done,
and finds what it did before.
"""
