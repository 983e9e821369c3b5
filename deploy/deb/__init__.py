"""Makes a Debian package of a school's box, for boards that our image doesn't start."""
