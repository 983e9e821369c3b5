"""The hub for machines: the static repository, the API for nodes, the API for staff's programs.

```
static_tree            the repository, for nodes
fleet openapi          what nodes ask, and the description of all of it
operations staff       what staff's programs ask: declared once by each room, put behind HTTP
staff_openapi paging   its description; how lists come in pages
problems statuses      how errors are said
elsewhere              all else below /api/
```
"""
