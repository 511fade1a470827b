"""What the app takes and answers, as an OpenAPI description; pure.

The description is exact: what it allows is answered, what it forbids is refused.
"""

from __future__ import annotations

import re
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from penguin_pipes.scripts.inference import CSV, JSON
from penguin_pipes.serving.bodies import LINES
from penguin_pipes.serving.columns import explain
from penguin_pipes.serving.model import LARGEST

if TYPE_CHECKING:
    from penguin_pipes.serving.model import Model

Schema = dict[str, Any]

NUMBER: Final = r"[+-]?([0-9]{1,20}(\.[0-9]{0,20})?|\.[0-9]{1,20})([eE][+-]?0?[0-9])?"
REFUSALS: Final = {
    "400": "A row cannot be read; the sentence names row and column.",
    "406": "Nothing that is accepted is written here.",
    "413": "The body is larger than 6 MB.",
    "415": "The body is of a kind that is not read here.",
}


def describe(model: Model) -> Schema:
    """Return the OpenAPI 3.1 description of the app over *model*."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{model.target} by penguin_pipes: {model.name}",
            "version": version("penguin-pipes"),
            "description": "SageMaker's hosting contract: /ping and /invocations.",
        },
        "servers": [{"url": "/"}],
        "paths": {
            "/ping": {"get": _ping()},
            "/invocations": {"post": _invocations(model)},
            "/openapi.json": {"get": _itself()},
        },
        "components": {
            "schemas": {
                "Row": _row(model),
                "Prediction": _prediction(model),
                "Problem": PROBLEM,
            },
            "responses": {
                name: {
                    "description": told,
                    "content": {
                        "application/problem+json": {"schema": _ref("Problem")}
                    },
                }
                for name, told in REFUSALS.items()
            },
        },
    }


PROBLEM: Final = {
    "type": "object",
    "description": "An error, as RFC 9457 has it.",
    "required": ["title", "status", "detail"],
    "properties": {
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence with the way out."},
    },
}


def _ping() -> Schema:
    status = {"type": "object", "properties": {"status": {"const": "Healthy"}}}
    return {
        "operationId": "ping",
        "summary": "Whether the model is there",
        "responses": {"200": _answer("It is.", {JSON: {"schema": status}})},
    }


def _itself() -> Schema:
    return {
        "operationId": "describe",
        "summary": "This description",
        "responses": {
            "200": _answer("It.", {JSON: {"schema": {"type": "object"}}}),
        },
    }


def _invocations(model: Model) -> Schema:
    example = ",".join([model.labels[0], "1.0", *["0.0"] * (len(model.labels) - 1)])
    answers = {
        JSON: {
            "schema": {
                "type": "object",
                "required": ["predictions"],
                "properties": {"predictions": _list(_ref("Prediction"))},
            }
        },
        LINES: {"schema": {"type": "string"}},
        CSV: {"schema": {"type": "string"}, "example": f"{example}\n"},
    }
    refusals = {name: {"$ref": f"#/components/responses/{name}"} for name in REFUSALS}
    return {
        "operationId": "predict",
        "summary": f"Predict the {model.target} of a row or more",
        "requestBody": {"required": True, "content": _bodies(model)},
        "responses": {
            "200": _answer(
                f"The {model.target} of each row and the probability of each label, "
                "in the order of the rows.",
                answers,
            ),
            **refusals,
        },
    }


def _bodies(model: Model) -> Schema:
    """Return what may be sent."""
    columns = ", ".join(model.columns)
    rows = _list(_ref("Row"))
    alone = {**_row(model), "title": "One row"}
    alone["properties"] = {**alone["properties"], "instances": False}
    many = {
        "title": "Rows under a name, as TensorFlow Serving has them",
        "type": "object",
        "required": ["instances"],
        "properties": {"instances": {"anyOf": [_ref("Row"), rows]}},
    }
    return {
        JSON: {"schema": {"anyOf": [alone, {**rows, "title": "Rows"}, many]}},
        LINES: {
            "schema": {
                "type": "string",
                "description": "A row in JSON on each line.",
            }
        },
        CSV: {
            "schema": {
                "type": "string",
                "description": "A row on each line, after a header with the names of "
                f"the columns or, without one, in this order: {columns}.",
            }
        },
    }


def _row(model: Model) -> Schema:
    """Return what a row may be: at least one column, of which others are missing."""
    missing = "|".join(map(re.escape, model.transformer["missing"]))
    properties: Schema = {}
    for part in model.transformer["numeric"]:
        properties[part["name"]] = {
            "description": explain(part["name"]).text,
            "anyOf": [
                {"type": "number", "minimum": -LARGEST, "maximum": LARGEST},
                {"type": "string", "pattern": rf"^\s*({NUMBER}|{missing})\s*$"},
                {"type": "null"},
            ],
        }
    for part in model.transformer["categorical"]:
        known = [text for text in part["categories"] if isinstance(text, str)]
        properties[part["name"]] = {
            "description": explain(part["name"]).text,
            "type": ["string", "null"],
            "examples": known,
        }
    return {
        "type": "object",
        "description": "At least one column; those that are missing or null are filled "
        "in as in the training, others are ignored.",
        "properties": properties,
        "anyOf": [{"required": [name]} for name in model.columns],
    }


def _prediction(model: Model) -> Schema:
    odds = {"type": "number", "minimum": 0, "maximum": 1}
    return {
        "type": "object",
        "required": [model.target, "probabilities"],
        "properties": {
            model.target: {"type": "string", "enum": model.labels},
            "probabilities": {
                "type": "object",
                "required": model.labels,
                "properties": dict.fromkeys(model.labels, odds),
            },
        },
    }


def _answer(told: str, content: Schema) -> Schema:
    return {"description": told, "content": content}


def _list(item: Schema) -> Schema:
    return {"type": "array", "minItems": 1, "items": item}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
