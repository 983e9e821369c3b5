"""Alerts: what is wrong, since when, until when; told by mail or webhook to whom it concerns.

```
findings     what can be wrong: reasons, and one finding of each
sources      who finds what: the hub itself, the fleet, rollouts, jobs
comparing    pure: what is new, what ended, what is to be told now
keeping      alerts in the database
routes       to whom: mail addresses and webhooks
sayings      what is said of one, in the reader's language
messages     what a route is told, in its language
mails        SMTP
webhooks     HTTP, to addresses that may be asked
addresses    which those are
watching     once a minute, all of it
```
Quiet by default: without a route nothing is sent; what ends within a reason's grace is never told;
a route gets one message for all that is new, and no more than one in `TELL_AGAIN_SECONDS`.
"""
