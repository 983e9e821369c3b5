"""The fleet: schools and their nodes, who they are, what they are told, what they say."""
