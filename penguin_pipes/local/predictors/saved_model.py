"""Answer every request of a batch transform through a SavedModel.

    saved_model.py JOB

As predictor.py, with TensorFlow in the place of TensorFlow Serving: its REST interface
to predict, by rows (``instances``) or by columns (``inputs``).
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

import tensorflow as tf
from predictor import main  # type: ignore[import-not-found]  # it lies beside


class Serving:
    """The newest SavedModel of a folder."""

    def __init__(self, folder: str) -> None:
        found = [each.parent for each in Path(folder).rglob("saved_model.pb")]
        if not found:
            msg = f"{folder} holds no saved_model.pb; save the model under 1/"
            raise FileNotFoundError(msg)
        newest = max(found, key=lambda each: (each.name.isdigit(), number(each)))
        self._model = tf.saved_model.load(str(newest))  # keeps its variables alive

    def predict(self, body: str | bytes) -> tuple[int, bytes]:
        """Return the status and the content of an answer."""
        try:
            asked = json.loads(body)
            name = asked.get("signature_name", "serving_default")
            signature = self._model.signatures[name]
            specs = signature.structured_input_signature[1]
            by_row = "instances" in asked
            given = columns(asked, specs)
            made = signature(
                **{
                    key: tf.constant(plain(given[key]), spec.dtype)
                    for key, spec in specs.items()
                }
            )
            found = {key: listed(each.numpy().tolist()) for key, each in made.items()}
        except Exception as error:  # noqa: BLE001 - what is wrong is the answer
            return 400, json.dumps({"error": f"{error}"}).encode()
        answer = {"predictions": rows(found)} if by_row else {"outputs": only(found)}
        return 200, json.dumps(answer).encode()


def number(path: Path) -> int:
    """Return the number of a version."""
    return int(path.name) if path.name.isdigit() else 0


def columns(asked: Any, specs: Any) -> dict[str, Any]:
    """Return the value of every input."""
    if "instances" not in asked:
        inputs = asked["inputs"]
        return inputs if isinstance(inputs, dict) else dict.fromkeys(specs, inputs)
    instances = asked["instances"]
    if all(
        isinstance(each, dict) and specs.keys() <= each.keys() for each in instances
    ):
        return {key: [each[key] for each in instances] for key in specs}
    return dict.fromkeys(specs, instances)


def rows(found: dict[str, Any]) -> Any:
    """Return the outputs row by row."""
    if len(found) == 1:
        return next(iter(found.values()))
    return [
        dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)
    ]


def only(found: dict[str, Any]) -> Any:
    """Return the one output, or all by their names."""
    return next(iter(found.values())) if len(found) == 1 else found


def plain(value: Any) -> Any:
    """Return a value with ``{"b64": ...}`` as bytes."""
    if isinstance(value, dict) and value.keys() == {"b64"}:
        return base64.b64decode(value["b64"])
    return [plain(each) for each in value] if isinstance(value, list) else value


def listed(value: Any) -> Any:
    """Return a value with bytes as texts, as JSON has them."""
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    return [listed(each) for each in value] if isinstance(value, list) else value


if __name__ == "__main__":
    main(sys.argv[1:], Serving)
