"""What a transform job leaves out of its records, and joins to them."""

from __future__ import annotations

import csv
import io
import json
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

import attrs

from penguin_pipes.errors import InputError
from penguin_pipes.local.resolve import Unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penguin_pipes.definition import Node

ROOT: Final = "$"
INPUT, OUTPUT = "SageMakerInput", "SageMakerOutput"
HINT: Final = "write names, [numbers], [slices] and *, as in $.features or $[1:]"


class Media(Enum):
    """How a record is written."""

    CSV = "text/csv"
    JSON = "application/json"
    JSON_LINES = "application/jsonlines"

    @classmethod
    def of(cls, text: str | None) -> Media | None:
        """Return what a content type means, or None if no record can be read of it."""
        plain = (text or "").partition(";")[0].strip().lower()
        return next((each for each in cls if each.value == plain), None)

    @property
    def is_csv(self) -> bool:
        """Whether a record is a row of columns."""
        return self is Media.CSV

    @property
    def has_lines(self) -> bool:
        """Whether an object holds a record in every line."""
        return self is not Media.JSON

    def read(self, record: bytes) -> Any:
        """Return a record as a value.

        Raises:
            InputError: It is none.
        """
        try:
            text = record.decode()
            if self.is_csv:
                return next(csv.reader(io.StringIO(text, newline=""), strict=True), [])
            return json.loads(text)
        except (ValueError, csv.Error) as error:
            msg = f"ClientError: {record[:60]!r} is no {self.value} ({error})"
            raise InputError(msg) from None

    def write(self, value: Any) -> bytes:
        """Return a value as a record, without the end of a line."""
        if not self.is_csv:
            return json.dumps(value, ensure_ascii=False).encode()
        line = io.StringIO()
        row = value if isinstance(value, list) else [value]
        csv.writer(line, lineterminator="").writerow(row)
        return line.getvalue().encode()


@attrs.frozen
class JsonPath:
    """A path that the service knows: names, numbers, slices and wildcards.

    Attributes:
        text: As it is written.
    """

    text: str

    def select(self, value: Any) -> Any:
        """Return what the path leads to: several names make an object, others a list.

        Raises:
            InputError: It leads nowhere.
        """
        query = _compiled(self.text)
        nodes = query.find(value)
        if not nodes:
            msg = f"ClientError: {self.text} leads nowhere in {str(value)[:60]}"
            raise InputError(msg)
        if query.singular_query():
            return nodes[0].value
        if _picks_names(query):
            return {node.location[-1]: node.value for node in nodes}
        return [node.value for node in nodes]


def _compiled(text: str) -> Any:
    """Return a query; the service writes a dot before brackets, the standard none."""
    from jsonpath_rfc9535 import compile as compile_path

    return compile_path(text.replace(".[", "["))


def _picks_names(query: Any) -> bool:
    """Return whether a path ends in several names."""
    from jsonpath_rfc9535.selectors import NameSelector

    last = query.segments[-1].selectors
    return len(last) > 1 and all(isinstance(each, NameSelector) for each in last)


def _check(text: str, at: Node) -> None:
    """Raise unless *text* is a path that the service knows, too."""
    from jsonpath_rfc9535 import JSONPathError
    from jsonpath_rfc9535.segments import JSONPathChildSegment
    from jsonpath_rfc9535.selectors import FilterSelector

    try:
        query = _compiled(text)
    except JSONPathError as error:
        at.refuse(f"{text!r} is no JSONPath ({error}); {HINT}")
    for segment in query.segments:
        if not isinstance(segment, JSONPathChildSegment) or any(
            isinstance(each, FilterSelector) for each in segment.selectors
        ):
            at.cannot_run(f"{text!r} has .. or ?, which the service has not; {HINT}")


@attrs.frozen(kw_only=True)
class Filters:
    """A job's ``DataProcessing``.

    Attributes:
        before: What of a record the model gets; None for all.
        after: What of an answer, joined or not, is kept; None for all.
        joins: Whether the record is kept with its answer.
        media: How records are written.
        answers: How answers are.
    """

    before: JsonPath | None = None
    after: JsonPath | None = None
    joins: bool = False
    media: Media | None = None
    answers: Media | None = None

    @staticmethod
    def path(node: Node | None) -> JsonPath | None:
        """Return a filter, or None if it lets everything pass.

        Raises:
            DefinitionError: It is none; an `UnsupportedError` if it is one that the
                service does not know.
        """
        if node is None or isinstance(node.value, Unknown):
            return None
        text = node.text()
        if text in ("", ROOT):
            return None
        _check(text, node)
        return JsonPath(text)

    @property
    def does_anything(self) -> bool:
        """Whether records have to be read at all."""
        return self.before is not None or self.shapes_answers

    @property
    def shapes_answers(self) -> bool:
        """Whether answers have to be read."""
        return self.after is not None or self.joins

    def filtered(self, record: bytes) -> bytes:
        """Return what of a record the model gets."""
        if self.before is None or self.media is None:
            return record
        return self.media.write(self.before.select(self.media.read(record)))

    def shaped(self, batch: Sequence[bytes], answer: bytes) -> bytes:
        """Return what of an answer is kept.

        Args:
            batch: The records of the request, before they were filtered.
            answer: What came back.

        Raises:
            InputError: There is not one answer for each record.
        """
        if not self.shapes_answers or self.media is None or self.answers is None:
            return answer
        parts = [answer] if len(batch) == 1 else _lines(answer)
        if len(parts) != len(batch):
            msg = (
                f"ClientError: the model answered {len(batch)} records with "
                f"{len(parts)} lines, so that they cannot be told apart; set "
                "BatchStrategy to 'SingleRecord'"
            )
            raise InputError(msg)
        pairs = zip(batch, parts, strict=True)
        return b"\n".join(self._one(record, part) for record, part in pairs)

    def _one(self, record: bytes, answer: bytes) -> bytes:
        """Return what is kept of one answer."""
        assert self.media is not None  # noqa: S101  # `shaped` has seen to it
        assert self.answers is not None  # noqa: S101  # likewise
        value = self.answers.read(answer)
        if self.joins:
            value = self._joined(self.media.read(record), value)
        if self.after is not None:
            value = self.after.select(value)
        return self.answers.write(value)

    def _joined(self, record: Any, answer: Any) -> Any:
        """Return a record together with its answer."""
        if self.answers is Media.CSV:
            return [*record, *answer]
        own = record if isinstance(record, dict) else {INPUT: record}
        return {**own, OUTPUT: answer}


def _lines(answer: bytes) -> list[bytes]:
    """Return the lines of an answer that hold anything."""
    return [line for line in answer.splitlines() if line.strip()]
