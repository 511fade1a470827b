"""Serve a packed model as AWS's TensorFlow inference image does, and ask it for all.

    python tools/serve_archive.py model.tar.gz penguins.csv [--like expected.json]

Imports nothing of penguin_pipes: the archive has to bring what it needs. The image's
Python service is stood in for by a few lines that do as it does (find the model by its
number, import code/inference.py, call its two handlers), TensorFlow Serving by the
TensorFlow of this environment. What the image does not have cannot be imported.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import io
import json
import sys
import tarfile
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.modules.update(dict.fromkeys(("joblib", "pandas", "scipy", "sklearn")))  # type: ignore[arg-type]  # None keeps from importing


class Server:
    """What answers requests, with the archive unpacked in *folder*."""

    def __init__(self, folder: Path) -> None:
        import tensorflow as tf

        self._tf = tf
        (version,) = (path for path in folder.iterdir() if path.name.isdigit())
        self._model = tf.saved_model.load(str(version))
        spec = importlib.util.spec_from_file_location(
            "inference", folder / "code" / "inference.py"
        )
        assert spec is not None  # noqa: S101
        assert spec.loader is not None  # noqa: S101
        self._handlers = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self._handlers)

    def ask(self, body: str, kind: str, accept: str) -> str:
        """Return what a client gets who sends *body*."""
        context = SimpleNamespace(request_content_type=kind, accept_header=accept)
        request = self._handlers.input_handler(io.BytesIO(body.encode()), context)
        response = SimpleNamespace(status_code=200, content=self._predict(request))
        answer, found = self._handlers.output_handler(response, context)
        if found != accept:
            msg = f"asked for {accept}, got {found}"
            raise SystemExit(msg)
        return str(answer)

    def _predict(self, request: str) -> bytes:
        """Answer as TensorFlow Serving: instances in, predictions out."""
        signature = self._model.signatures["serving_default"]
        ((name, spec),) = signature.structured_input_signature[1].items()
        rows = self._tf.constant(json.loads(request)["instances"], spec.dtype)
        (found,) = signature(**{name: rows}).values()
        return json.dumps({"predictions": found.numpy().tolist()}).encode()


def serve(archive: Path, raw: Path) -> dict[str, Any]:
    """Return the answers to the raw rows, sent as JSON, and hold those to CSV to them.

    Raises:
        SystemExit: The two differ.
    """
    text = raw.read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    with tempfile.TemporaryDirectory() as name:
        with tarfile.open(archive) as packed:
            packed.extractall(name, filter="data")
        server = Server(Path(name))
        body = json.dumps({"instances": rows})
        kinds = ("application/json", "text/csv")
        predictions = json.loads(server.ask(body, kinds[0], kinds[0]))["predictions"]
        lines = server.ask(text, kinds[1], kinds[1]).splitlines()
    labels = [next(iter(each.values())) for each in predictions]
    if [line.partition(",")[0] for line in lines] != labels:
        msg = "CSV and JSON get other answers"
        raise SystemExit(msg)
    target = next(iter(predictions[0]))
    right = sum(row[target] == label for row, label in zip(rows, labels, strict=True))
    import tensorflow as tf

    return {
        "tensorflow": tf.__version__,
        "rows": len(rows),
        "accuracy": right / len(rows),
        "probabilities": [list(each["probabilities"].values()) for each in predictions],
    }


def main() -> int:
    """Run the command line: print what was found, fail where it is not as expected."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path)
    parser.add_argument("raw", type=Path)
    parser.add_argument("--write", type=Path, help="put the answers into this file")
    parser.add_argument("--like", type=Path, help="compare with those of another run")
    arguments = parser.parse_args()
    found = serve(arguments.archive, arguments.raw)
    if arguments.write is not None:
        arguments.write.write_text(json.dumps(found))
    if arguments.like is not None:
        other = json.loads(arguments.like.read_bytes())
        pairs = zip(found["probabilities"], other["probabilities"], strict=True)
        furthest = max(
            abs(a - b)
            for ours, theirs in pairs
            for a, b in zip(ours, theirs, strict=True)
        )
        print(f"furthest from TensorFlow {other['tensorflow']}: {furthest:.1e}")
        if furthest > 1e-5:  # noqa: PLR2004 - some of the last bits of 32
            return 1
    shown = {key: value for key, value in found.items() if key != "probabilities"}
    print(json.dumps(shown))
    return 0 if found["accuracy"] > 0.7 else 1  # noqa: PLR2004 - the threshold


if __name__ == "__main__":
    sys.exit(main())
