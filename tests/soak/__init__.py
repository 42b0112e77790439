"""Many cells through the real harness, with stages that take milliseconds."""
