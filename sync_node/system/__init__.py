"""The box's own operating system, brought like a pack: what is taken, and when root is asked."""
