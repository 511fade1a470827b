"""Cut objects into requests of batch transform, and put the answers together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from penguin_pipes.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LINE: Final = b"\n"


@attrs.frozen(kw_only=True)
class Cut:
    """How objects become requests, and answers objects.

    Attributes:
        is_line: Whether each line is a record; otherwise, the whole object is.
        is_single: Whether a request holds one record; otherwise, as many as it may.
        most_bytes: How large a request may be; zero for any size.
        adds_line: Whether each answer ends a line.
    """

    is_line: bool = False
    is_single: bool = False
    most_bytes: int = 0
    adds_line: bool = False

    def records(self, content: bytes) -> list[bytes]:
        """Return the records of an object; lines that are blank are none."""
        if not self.is_line:
            return [content] if content else []
        lines = (line.removesuffix(b"\r") for line in content.split(LINE))
        return [line for line in lines if line.strip()]

    def batches(self, records: Iterable[bytes], name: str) -> Iterator[list[bytes]]:
        """Yield the records of each request, in their order.

        Args:
            records: Those of one object.
            name: The object's.

        Raises:
            InputError: One record is too large by itself.
        """
        batch: list[bytes] = []
        size = 0
        for number, record in enumerate(records, start=1):
            if self.most_bytes and len(record) > self.most_bytes:
                msg = (
                    f"ClientError: record {number} of {name} has {len(record)} bytes, "
                    f"and a request may have {self.most_bytes}; let MaxPayloadInMB be "
                    "larger, or set SplitType to 'Line'"
                )
                raise InputError(msg)
            larger = size + len(LINE) + len(record)
            is_full = bool(self.most_bytes) and larger > self.most_bytes
            if batch and (self.is_single or is_full):
                yield batch
                batch, size = [], 0
            size += len(record) + (len(LINE) if batch else 0)
            batch.append(record)
        if batch:
            yield batch

    def payload(self, batch: Iterable[bytes]) -> bytes:
        """Return the body of a request."""
        return LINE.join(batch)

    def assembled(self, answers: Iterable[bytes]) -> bytes:
        """Return the object that the answers become.

        An answer that ends a line by itself gets no blank one after it.
        """
        if not self.adds_line:
            return b"".join(answers)
        return b"".join(answer.removesuffix(LINE) + LINE for answer in answers)
