"""What schools ask the hub for and offer it: taken in from batches, listed, answered.

```
tables limits      a row for each request
keeping            requests from a batch into their rows
files              pieces of materials that were asked for, into whole files
answering          what staff says to them, and the document that carries it to nodes
listing cli        for people
```
"""
