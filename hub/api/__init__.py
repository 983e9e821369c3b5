"""The hub for machines: the static repository over HTTP."""
