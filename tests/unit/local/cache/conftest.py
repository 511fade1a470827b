"""Projects whose steps are cached, and a way to count what really ran."""

from __future__ import annotations

from typing import Any

import pytest

POLICY = {"Enabled": True, "ExpireAfter": "P15D"}


class Cached:
    """A project that counts how often each of its steps ran.

    Every step is cached; its script is told by the recorder, which writes what the
    outputs are to hold.
    """

    def __init__(self, project: Any, recorder: Any) -> None:
        self.project = project
        self.recorder = recorder
        recorder.act = self._write
        self.ran: list[str] = []
        self.content = "1"

    def _write(self, command: Any, _: Any) -> None:
        root = next(
            each for each in (command.cwd, command.cwd.parent) if each.name == "ml"
        )
        self.ran.append(root.parent.name)
        for name in ("processing/data", "model"):
            if (root / name).is_dir():
                (root / name / "x").write_text(self.content)

    def processing(self, name: str = "a", script: str = "", **options: Any) -> Any:
        """Return a processing step that is cached and writes one output."""
        options = {"outputs": ("data",), "CacheConfig": POLICY, **options}
        return self.project.processing(name, script, **options)

    def training(self, name: str = "t", script: str = "", **options: Any) -> Any:
        """Return a training step that is cached."""
        return self.project.training(name, script, **{"CacheConfig": POLICY, **options})

    def run(self, *steps: Any, **options: Any) -> Any:
        """Run steps, and return the record of the first; `ran` says what ran of them."""
        self.ran.clear()
        return self.project.run(*steps, **{"backend": self.recorder, **options})


@pytest.fixture
def cached(project: Any, recorder: Any) -> Cached:
    """Return a project of cached steps."""
    return Cached(project, recorder)
