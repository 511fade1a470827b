"""What is promised of what answers in the place of AWS's inference images."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from penguin_pipes.local.predictors import predictor

KINDS = {"content_type": "text/csv", "accept": "application/json", "program": "p.py"}


class Model:
    """Stands where TensorFlow would: it answers with what it was asked."""

    def __init__(self, status: int = 200) -> None:
        self.status = status

    def predict(self, body: Any) -> tuple[int, bytes]:
        """Answer."""
        answer = {"predictions": json.loads(body)["instances"]}
        return self.status, json.dumps(answer).encode()


@pytest.mark.parametrize(
    ("kind", "body", "instances"),
    [
        ("text/csv", "1,2\n3,4\n", [[1, 2], [3, 4]]),
        ("text/csv", "1\n2\n", [1, 2]),
        ("text/csv", '"a",2', [["a", 2]]),
        ("application/json", "[[1, 2], [3, 4]]", [[1, 2], [3, 4]]),
        ("application/json", "[1, 2]", [[1, 2]]),
        ("application/json", '{"x": 1}', [{"x": 1}]),
        ("application/json", '{"instances": [1]}', [1]),
        ("application/json", "[1]\n[2]", [[1], [2]]),
        ("application/jsonlines", "[1]\n[2]", [[1], [2]]),
    ],
)
def test_bodies_become_requests_to_tensorflow_serving(
    kind: str, body: str, instances: Any
) -> None:
    """Without a script, the image makes instances of CSV, JSON and JSON lines."""
    found = json.loads(predictor.as_instances(body.encode(), kind))

    assert found == {"instances": instances}


def test_handlers_stand_before_and_after_the_model() -> None:
    """They get the body as a stream, what it is, and the answer as requests has it."""
    script = SimpleNamespace(
        input_handler=lambda data, context: json.dumps(
            {"instances": [data.read().decode(), context.request_content_type]}
        ),
        output_handler=lambda response, context: (
            f"{response.status_code} {response.json()['predictions']}",
            context.accept_header,
        ),
    )

    respond = predictor.tensorflow(script, KINDS, Model())

    assert respond(b"1,2") == b"200 ['1,2', 'text/csv']"


def test_an_error_of_the_model_is_an_error_without_a_script() -> None:
    """No handler could make anything of it."""
    respond = predictor.tensorflow(None, KINDS, Model(400))

    with pytest.raises(ValueError, match="predictions"):
        respond(b"1")


def test_a_handler_alone_is_refused() -> None:
    """It would ask TensorFlow Serving by itself, and that one is not here."""
    script = SimpleNamespace(handler=print)

    with pytest.raises(AttributeError, match="no input_handler and output_handler"):
        predictor.tensorflow(script, KINDS, Model())


@pytest.mark.parametrize("kind", ["application/json", "text/csv", "application/x-npy"])
def test_the_toolkit_reads_and_writes_arrays(kind: str) -> None:
    """What it writes in one of its formats it reads again as the same array."""
    array = np.array([[1.5, 2.0], [3.0, 4.0]], dtype=np.float32)

    written = predictor.as_bytes(predictor.encode(array, kind))
    data = written if kind.endswith("npy") else written.decode()

    assert np.array_equal(predictor.decode(data, kind), array)


def test_the_toolkit_needs_no_more_than_a_model() -> None:
    """With a model_fn alone, predict is asked, as scikit-learn's models have it."""
    model = SimpleNamespace(predict=lambda rows: rows * 2)
    script = SimpleNamespace(model_fn=lambda _: model)

    respond = predictor.toolkit(script, {**KINDS, "model": "m"})

    assert json.loads(respond(b"1,2\n3,4\n")) == [[2, 4], [6, 8]]


@pytest.mark.parametrize(
    "answer", ["a", b"a", ("a", "text/csv"), SimpleNamespace(response="a")]
)
def test_scripts_may_answer_in_several_ways(answer: Any) -> None:
    """A text, bytes, either with its type, or the toolkit's own response."""
    assert predictor.as_bytes(answer) == b"a"


@pytest.mark.parametrize("act", [predictor.decode, predictor.encode])
def test_other_formats_are_the_scripts_business(act: Any) -> None:
    """The message says which function to write."""
    with pytest.raises(ValueError, match=r"image/png.* (in|out)put_fn only"):
        act(io.BytesIO(), "image/png")
