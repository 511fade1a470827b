"""A process that forks jobs, and what becomes of each of them.

Standard library only, and nothing of the project it comes from: it is started by its
path, with the interpreter of the jobs, and leaves no module of its own in theirs.
Linux only.

`serve` waits for jobs; `supervise` watches one; `isolate` gives one a view of the disk
of its own; `start` makes a job of a fork, of which `script` runs a Python script;
`preload` imports what scripts will import.
"""
