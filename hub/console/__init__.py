"""The hub for people, in a browser: every page of staff is below `/console/`.

```
ground        Console: what a room's pages are added to
wiring        one Console, with every room's pages; hub/rooms.py says which rooms there are
guards        who sent a form; the headers of every page
cookies       what the browser keeps: the session, the language, a word said once
language      English and Chinese
navigation    what stands in the menu, for whom
filters       times, numbers and bytes as templates write them
titles        what people call packs and schools
charts        figures as pictures, drawn on the server
assets        style sheets and scripts, kept by browsers for ever
home api      what needs somebody; the state of the hub
public        the page at `/`, for anybody
```
"""
