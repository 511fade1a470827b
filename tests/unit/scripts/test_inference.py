"""The handlers of the inference image: raw rows in, labels out."""

from __future__ import annotations

import importlib.util
import io
import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from penguin_pipes.scripts import inference as shipped

TRANSFORMER = {
    "version": 1,
    "target": "species",
    "labels": ["Adelie", "Gentoo"],
    "missing": ["", "NA", "."],
    "numeric": [{"name": "mass", "fill": 4000.0, "mean": 4000.0, "scale": 500.0}],
    "categorical": [
        {"name": "island", "fill": "Dream", "categories": ["Biscoe", "Dream"]}
    ],
}


@pytest.fixture
def handlers(tmp_path: Path) -> Any:
    """Return the script, loaded as the image does, from beside its transformer."""
    script = Path(shutil.copy(shipped.__file__, tmp_path / "inference.py"))
    (tmp_path / "transformer.json").write_text(json.dumps(TRANSFORMER))
    spec = importlib.util.spec_from_file_location("inference", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ask(handlers: Any, body: str, kind: str = "application/json") -> Any:
    """Return what TensorFlow Serving would be sent for *body*."""
    stream = io.BytesIO(body.encode())
    context = SimpleNamespace(request_content_type=kind)
    return json.loads(handlers.input_handler(stream, context))["instances"]


def answer(handlers: Any, accept: str, *, status: int = 200) -> tuple[str, str]:
    """Return what a client gets where the model answers for two rows."""
    content = json.dumps({"predictions": [[0.25, 0.75], [1.0, 0.0]]}).encode()
    response = SimpleNamespace(status_code=status, content=content)
    found: tuple[str, str] = handlers.output_handler(
        response, SimpleNamespace(accept_header=accept)
    )
    return found


def test_image_finds_two_handlers_and_no_third(handlers: Any) -> None:
    """One called `handler` would take the place of both."""
    assert callable(handlers.input_handler)
    assert callable(handlers.output_handler)
    assert not hasattr(handlers, "handler")


BODIES = {
    "an object": ('{"mass": 4500, "island": "Biscoe"}', "application/json"),
    "a list": ('[{"mass": "4500", "island": "Biscoe"}]', "application/json"),
    "instances": (
        '{"instances": [{"island": "Biscoe", "mass": 4500.0, "species": "?"}]}',
        "application/json; charset=utf-8",
    ),
    "CSV with a header": ("island,species,mass\nBiscoe,?,4500\n", "text/csv"),
    "CSV without": ("4500,Biscoe\n", "text/csv"),
    "CSV of Windows": ("\ufeffisland,mass\r\nBiscoe,4500\r\n\r\n", "TEXT/CSV"),
}


@pytest.mark.parametrize(("body", "kind"), BODIES.values(), ids=BODIES)
def test_a_row_is_the_same_however_it_is_sent(
    handlers: Any, body: str, kind: str
) -> None:
    """Order, spelling and other columns make no difference."""
    assert ask(handlers, body, kind) == [[1.0, 1.0, 0.0]]


def test_missing_values_are_filled_as_in_training(handlers: Any) -> None:
    """Left out, null, blank or marked: all are missing; unseen texts are zeros."""
    rows = '[{"mass": null, "island": "."}, {"island": " NA "}, {"mass": ""}]'

    assert ask(handlers, rows) == [[0.0, 0.0, 1.0]] * 3
    assert ask(handlers, ",\n", "text/csv") == [[0.0, 0.0, 1.0]]
    assert ask(handlers, '{"island": "Torgersen", "mass": 3500}') == [[-1.0, 0.0, 0.0]]


BAD = {
    "another type": ("x", "image/png", r"'image/png' is not read here; send appl"),
    "no JSON": ("{", "application/json", r"body: this is not JSON"),
    "no rows": ("[]", "application/json", r"body: there is no row in it"),
    "no object": ("[[1, 2]]", "application/json", r"row 1: \[1, 2\] is no object"),
    "none of the columns": ('{"weight": 1}', "application/json", r"row 1: it has none"),
    "text for a number": ('{"mass": "heavy"}', "application/json", r"'mass': 'heavy' "),
    "true for a number": ('{"mass": true}', "application/json", r"'mass': True is not"),
    "infinity": ('{"mass": Infinity}', "application/json", r"'mass': inf is not a num"),
    "number in Python": ('{"mass": "4_000"}', "application/json", r"'4_000' is not a"),
    "number for text": ('{"island": 1}', "application/json", r"'island': 1 is no text"),
    "too many values": ("1,2,3\n", "text/csv", r"row 1: 3 values, where 2 were expect"),
    "named twice": (
        "mass,mass,island\n1,2,x\n",
        "text/csv",
        r"'mass': it is named twi",
    ),
    "open quote": ('"1,Dream\n', "text/csv", r"body: this is not CSV"),
}


@pytest.mark.parametrize(("body", "kind", "problem"), BAD.values(), ids=BAD)
def test_bad_requests_are_refused_in_one_sentence(
    handlers: Any, body: str, kind: str, problem: str
) -> None:
    """The image answers with the text of what is raised."""
    with pytest.raises(handlers.BadRequestError, match=problem):
        ask(handlers, body, kind)


def test_body_has_to_be_utf8(handlers: Any) -> None:
    """Other encodings are refused by name."""
    context = SimpleNamespace(request_content_type="text/csv")

    with pytest.raises(handlers.BadRequestError, match="body: this is not UTF-8"):
        handlers.input_handler(io.BytesIO(b"\xe9"), context)


@pytest.mark.parametrize(
    "accept", ["", "*/*", "application/json", "text/csv, application/json"]
)
def test_answer_names_label_and_probabilities(handlers: Any, accept: str) -> None:
    """In JSON unless a client takes CSV alone."""
    body, kind = answer(handlers, accept)

    assert kind == "application/json"
    assert json.loads(body)["predictions"] == [
        {"species": "Gentoo", "probabilities": {"Adelie": 0.25, "Gentoo": 0.75}},
        {"species": "Adelie", "probabilities": {"Adelie": 1.0, "Gentoo": 0.0}},
    ]


def test_answer_in_csv_has_a_line_for_each_row(handlers: Any) -> None:
    """The label first, then the probabilities in the order of the labels."""
    assert answer(handlers, "text/csv") == (
        "Gentoo,0.25,0.75\nAdelie,1.0,0.0\n",
        "text/csv",
    )


def test_errors_of_the_model_reach_the_client(handlers: Any) -> None:
    """What TensorFlow Serving says is passed on."""
    with pytest.raises(handlers.BadRequestError, match="TensorFlow Serving answered"):
        answer(handlers, "text/csv", status=400)
