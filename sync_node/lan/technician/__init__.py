"""The technician's part of the school's site: how the box is, and a button for each thing."""
