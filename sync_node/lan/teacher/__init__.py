"""What teachers see and do: classes, what is set, at a glance, show mode, own material."""
