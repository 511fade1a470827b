"""The layout of the run history's database."""

from __future__ import annotations

from typing import Final

VERSION: Final = 1
"""Kept as the database's ``user_version``; a higher one is not touched."""

SCHEMA: Final = """
CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    pipeline TEXT NOT NULL,
    status TEXT NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    parameters TEXT NOT NULL
);
CREATE TABLE steps (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    position INTEGER NOT NULL,
    type TEXT NOT NULL,
    job_name TEXT NOT NULL,
    log TEXT NOT NULL,
    status TEXT NOT NULL,
    started_at TEXT,
    finished_at TEXT,
    seconds REAL,
    exit_code INTEGER,
    failure TEXT,
    PRIMARY KEY (run, name)
);
CREATE TABLE metrics (
    run TEXT NOT NULL,
    step TEXT NOT NULL,
    name TEXT NOT NULL,
    position INTEGER NOT NULL,
    at TEXT NOT NULL,
    value REAL,
    PRIMARY KEY (run, step, name, position),
    FOREIGN KEY (run, step) REFERENCES steps (run, name) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE TABLE artifacts (
    run TEXT NOT NULL,
    step TEXT NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    PRIMARY KEY (run, step, name),
    FOREIGN KEY (run, step) REFERENCES steps (run, name) ON DELETE CASCADE
) WITHOUT ROWID;
"""
