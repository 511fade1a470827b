"""What both sides run: writes down all that a script can see of its container.

It travels into the job beside the script that calls it, and imports nothing of ours.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE, signal.SIGHUP)


def look() -> None:
    """Leave a ``probe.json`` beside the script's other results."""
    root = Path(os.environ["SM_INPUT_DIR"]).parent
    mask = os.umask(0)
    os.umask(mask)
    seen = {
        "argv": sys.argv,
        "environment": dict(os.environ),
        "configs": {
            path.name: json.loads(path.read_text(encoding="utf-8"))
            for path in sorted((root / "input" / "config").iterdir())
        },
        "files": [
            f"{path.relative_to(root)} {path.stat().st_mode:o}"
            for place in ("code", "input")
            for path in sorted((root / place).rglob("*"))
            if "__pycache__" not in path.parts
        ],
        "process": {
            "executable": sys.executable,
            "first_path": sys.path[0],
            "cwd": str(Path.cwd()),
            "umask": mask,
            "stdin": sys.stdin.read(),
            "is_terminal": sys.stdout.isatty() or sys.stderr.isatty(),
            "signals": [str(signal.getsignal(each)) for each in SIGNALS],
            "optimised": sys.flags.optimize,
            "utf8": sys.flags.utf8_mode,
        },
    }
    # ASCII: a name that is no UTF-8 still comes through.
    text = json.dumps(seen, ensure_ascii=True)
    Path(os.environ["SM_OUTPUT_DATA_DIR"], "probe.json").write_text(text)


def speak_whole() -> None:
    """Write the traceback of an error in one piece, so that nobody can tear it."""

    def say(*error: Any) -> None:
        os.write(2, "".join(traceback.format_exception(*error)).encode())

    sys.excepthook = say


if __name__ == "__main__":
    look()
