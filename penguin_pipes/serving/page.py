"""The page for people: a form, and what the model says of it; no script is in it.

A form that is sent is an address, which can be bookmarked and shared. Whatever comes
from the address or the model is escaped by the template.
"""

from __future__ import annotations

import base64
import hashlib
from http import HTTPStatus
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlencode

import attrs
from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from penguin_pipes.scripts.inference import BadRequestError
from penguin_pipes.serving.bodies import shortened
from penguin_pipes.serving.columns import Explained, examples, explain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penguin_pipes.serving.model import Model, Prediction

HALF_A_PERMILLE: Final = 0.0005


@attrs.frozen(kw_only=True)
class Field:
    """One field of the form.

    Attributes:
        name: The column's name.
        words: The column in words.
        hint: What is usual, and what is taken if it is left empty.
        options: The texts to choose from; none for a number.
        value: What was sent.
        problem: Why that cannot be, or nothing.
        note: What else to say about what was sent.
    """

    name: str
    words: Explained
    hint: str
    options: tuple[str, ...] = ()
    value: str = ""
    problem: str = ""
    note: str = ""


@attrs.frozen(kw_only=True)
class Shown:
    """A page that was made.

    Attributes:
        html: The page.
        status: That of the answer.
    """

    html: str
    status: HTTPStatus


@attrs.frozen(kw_only=True)
class Page:
    """What makes the page.

    Attributes:
        policy: What it may do: be styled by its own style, and send its form back.
    """

    policy: str
    _template: Template
    _style: str

    @classmethod
    def of(cls, model: Model) -> Self:
        """Return the page of *model*."""
        style = _shipped("page.css")
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        environment = Environment(autoescape=True, undefined=StrictUndefined)
        environment.filters["percent"] = percent
        environment.globals.update(
            model=model.name,
            target=explain(model.target).label,
            examples=[
                (name, f"/?{urlencode(row)}#answer")
                for name, row in examples(model.columns)
            ],
        )
        return cls(
            policy=f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            template=environment.from_string(_shipped("page.html.jinja")),
            style=style,
        )

    def show(self, model: Model, sent: Mapping[str, str]) -> Shown:
        """Return the page with what was *sent*, and what the model says of it."""
        is_asked = any(name in sent for name in model.columns)
        fields = _fields(model, sent)
        problem, answer = "", None
        if is_asked and not any(field.problem for field in fields):
            try:
                (answer,) = model.predict([{f.name: f.value for f in fields}])
            except BadRequestError as error:
                problem = str(error)
        is_refused = is_asked and answer is None
        html = self._template.render(
            style=Markup(self._style),  # noqa: S704 - ours; the policy has its digest
            fields=fields,
            is_refused=is_refused,
            problem=problem,
            answer=None if answer is None else _told(answer),
            filled=[f for f in fields if is_asked and _is_missing(f.value, model)],
        )
        status = HTTPStatus.BAD_REQUEST if is_refused else HTTPStatus.OK
        return Shown(html=html, status=status)


def percent(share: float) -> str:
    """Return a probability in words that never promise certainty."""
    if share < HALF_A_PERMILLE:
        return "under 0.1 %"
    if share > 1 - HALF_A_PERMILLE:
        return "over 99.9 %"
    return f"{share:.1%}".replace("%", " %")


def _told(answer: Prediction) -> dict[str, Any]:
    """Return a prediction as the template takes it."""
    odds = list(answer.probabilities.items())
    return {
        "label": answer.label,
        "share": answer.probabilities[answer.label],
        "odds": odds,
    }


def _fields(model: Model, sent: Mapping[str, str]) -> list[Field]:
    fields = []
    for part in model.transformer["numeric"]:
        mean, scale = part["mean"], part["scale"]
        low, high = _short(mean - 2 * scale), _short(mean + 2 * scale)
        hint = f"Usually {low} to {high}; left empty, {_short(part['fill'])} is taken."
        fields.append(Field(name=part["name"], words=explain(part["name"]), hint=hint))
    for part in model.transformer["categorical"]:
        hint = f"If unknown, {part['fill']} is taken."
        options = tuple(map(str, part["categories"]))
        words = explain(part["name"])
        fields.append(Field(name=part["name"], words=words, hint=hint, options=options))
    return [_filled(field, sent.get(field.name, ""), model) for field in fields]


def _filled(field: Field, value: str, model: Model) -> Field:
    """Return a field with what was sent for it."""
    note = problem = ""
    if field.options and not _is_missing(value, model) and value not in field.options:
        note = f"{shortened(value)!r} was in no training row: it counts as none of them"
    try:
        model.features([{field.name: value}])
    except BadRequestError as error:
        problem = shortened(str(error).partition(": ")[2])
    return attrs.evolve(field, value=value, problem=problem, note=note)


def _is_missing(value: str, model: Model) -> bool:
    return value.strip() in model.transformer["missing"]


def _short(number: float) -> str:
    """Return a number to three or four digits."""
    return f"{number:.0f}" if abs(number) >= 100 else f"{number:.3g}"  # noqa: PLR2004


def _shipped(name: str) -> str:
    return (files("penguin_pipes.serving") / "templates" / name).read_text("utf-8")
