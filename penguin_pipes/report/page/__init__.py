"""A run as one HTML page: a function per section returns its data, a template shows it.

Jinja2 comes with ``penguin-pipes[report]``; nothing here draws with anything but SVG.
"""
