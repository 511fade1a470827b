"""The layouts of the home's database, oldest first; each upgrades the one before."""

from __future__ import annotations

from typing import Final

RUNS: Final = """
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

CACHE: Final = """
ALTER TABLE steps ADD COLUMN reused_from TEXT;
ALTER TABLE steps ADD COLUMN reasons TEXT NOT NULL DEFAULT '[]';
ALTER TABLE steps ADD COLUMN names TEXT NOT NULL DEFAULT '[]';
CREATE INDEX steps_reused_from ON steps (reused_from);
CREATE TABLE surroundings (
    digest TEXT PRIMARY KEY,
    parts TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE results (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    run TEXT NOT NULL,
    step TEXT NOT NULL,
    pipeline TEXT NOT NULL,
    key TEXT NOT NULL,
    parts TEXT NOT NULL,
    surroundings TEXT NOT NULL REFERENCES surroundings (digest),
    properties TEXT NOT NULL,
    outputs TEXT NOT NULL,
    finished_at TEXT NOT NULL,
    UNIQUE (run, step),
    FOREIGN KEY (run, step) REFERENCES steps (run, name) ON DELETE CASCADE
);
CREATE INDEX results_by_key ON results (pipeline, step, key, position);
CREATE INDEX results_by_step ON results (pipeline, step, position);
CREATE TABLE digests (
    path TEXT PRIMARY KEY,
    identity TEXT NOT NULL,
    seen_ns INTEGER NOT NULL,
    sha256 TEXT NOT NULL
) WITHOUT ROWID;
"""

TRIALS: Final = """
CREATE TABLE trials (
    run TEXT NOT NULL,
    step TEXT NOT NULL,
    number INTEGER NOT NULL,
    definition TEXT NOT NULL,
    job_name TEXT NOT NULL,
    log TEXT NOT NULL,
    hyperparameters TEXT NOT NULL,
    status TEXT NOT NULL,
    metric TEXT NOT NULL,
    maximize INTEGER NOT NULL,
    objective REAL,
    stopped_by TEXT,
    failure TEXT,
    started_at TEXT,
    finished_at TEXT,
    seconds REAL,
    exit_code INTEGER,
    series TEXT NOT NULL,
    artifacts TEXT NOT NULL,
    taken_from TEXT,
    key TEXT,
    digests TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (run, step, number),
    FOREIGN KEY (run, step) REFERENCES steps (run, name) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX trials_by_key ON trials (key);
"""

FLOW: Final = """
ALTER TABLE steps ADD COLUMN attempts INTEGER NOT NULL DEFAULT 1;
ALTER TABLE steps ADD COLUMN properties TEXT NOT NULL DEFAULT '{}';
CREATE TABLE model_groups (
    name TEXT PRIMARY KEY,
    last INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE model_packages (
    model_group TEXT NOT NULL REFERENCES model_groups (name),
    version INTEGER NOT NULL,
    run TEXT NOT NULL,
    step TEXT NOT NULL,
    approval TEXT NOT NULL,
    created_at TEXT NOT NULL,
    properties TEXT NOT NULL,
    PRIMARY KEY (model_group, version),
    FOREIGN KEY (run, step) REFERENCES steps (run, name) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX model_packages_by_run ON model_packages (run, step);
"""

SELECTED: Final = """
ALTER TABLE runs ADD COLUMN selected TEXT;
"""

MANY: Final = """
CREATE INDEX runs_by_status ON runs (status) WHERE status = 'Executing';
CREATE INDEX results_by_surroundings ON results (surroundings);
"""
"""So that what a run asks at its start takes as long after many runs as after few."""

LAYOUTS: Final = (RUNS, CACHE, TRIALS, FLOW, SELECTED, MANY)
"""The database's ``user_version`` counts how many of them it has had."""
