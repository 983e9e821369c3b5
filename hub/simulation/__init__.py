"""A fleet that isn't there: what a rollout would do, before any school is asked to bear it.

Links are replayed, from recorded rhythms or from made ones; who is whose turn, what counts as
success, when a stage is over, what it costs and by when a school is done is said by the code that
runs the real thing: `rollouts.decide`, `outcomes`, `price`, `fleet.links`, `estimates`, `rhythm`,
`content_packs.staging`. No socket, no database, no clock but the simulated one.

```
rhythms     links, hour by hour: made from kinds of links that villages have
recording   the rhythms of a hub's own fleet, written down and read again
schools     a fleet: which link each school has, what it holds, what it lacks
running     hour by hour: contacts, bytes, reports, decisions
judging     how well estimates told what came
overdue     who would have been called overdue, by the hub's rule and by others
sayings     all of it in words
```
"""
