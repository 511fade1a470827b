"""Settings of the project: the defaults."""
