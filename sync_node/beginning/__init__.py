"""How a box begins: its data directory, its card's seed, its enrolment."""
