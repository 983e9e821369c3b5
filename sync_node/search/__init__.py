"""Search: what a pupil's words find among the lessons that can be opened here. See SEARCH.md."""
