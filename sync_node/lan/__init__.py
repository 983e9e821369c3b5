"""The school's site: what pupils, teachers and technicians see on the school's Wi-Fi."""
