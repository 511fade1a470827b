"""The contract of transform jobs: the request, the container's environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Self

import attrs

from penguin_pipes.local.contract.batches import Cut
from penguin_pipes.local.contract.filters import Filters, Media
from penguin_pipes.local.contract.models import MODEL, Served
from penguin_pipes.local.contract.requests import (
    DataInput,
    refuse_unless,
    whole_or_unknown,
)
from penguin_pipes.local.resolve import Unknown

if TYPE_CHECKING:
    from penguin_pipes.definition import Node

MB: Final = 1024 * 1024
DEFAULT_MB: Final = 6
MOST_MB: Final = 100
SPLITS: Final = ("None", "Line")
WHOLE: Final = ("CSV", "JSON lines")


@attrs.frozen(kw_only=True)
class TransformRequest:
    """A transform job, as far as it can run on this computer.

    Attributes:
        data: What is transformed.
        content_type: What it is said to be, if anything.
        accept: What the answers shall be, if anything.
        is_gzipped: Whether every object is compressed.
        cut: How objects become requests, and answers objects.
        filters: What is left out and joined before and after.
        output: The prefix of the results.
        environment: What the request sets, over what the model sets.
        model: What answers; None as long as nobody knows it.
        raw: The request as it would be sent.
    """

    data: DataInput
    content_type: str | None
    accept: str | None
    is_gzipped: bool
    cut: Cut
    filters: Filters
    output: str
    environment: Mapping[str, str]
    model: Served | None
    raw: Mapping[str, Any]

    @classmethod
    def read(cls, request: Node) -> Self:
        """Return the job that *request* asks for.

        Raises:
            DefinitionError: If it is malformed; an `UnsupportedError` if it is sound
                but cannot run on this computer.
        """
        source, target = request.need("TransformInput"), request.need("TransformOutput")
        capture, environment = (
            request.get("DataCaptureConfig"),
            request.get("Environment"),
        )
        if capture is not None:
            capture.cannot_run("data are captured by the service only; take it out")
        compression = source.get("CompressionType")
        refuse_unless(compression, "None", "Gzip", why="is not unpacked here")
        content_type, accept = _word(source, "ContentType"), _word(target, "Accept")
        cut, model = _cut(request, source, target), request.get(MODEL)
        own = {key: value for key, value in request.value.items() if key != MODEL}
        return cls(
            data=_data(source),
            content_type=content_type,
            accept=accept,
            is_gzipped=compression is not None and compression.value == "Gzip",
            cut=cut,
            filters=_filters(request, cut, content_type, accept),
            output=target.need("S3OutputPath").text(),
            environment={} if environment is None else environment.texts(),
            model=None if model is None else Served.read(model),
            raw=own,
        )

    @property
    def told(self) -> dict[str, str]:
        """What the service tells the container of the job, and the request besides."""
        strategy = "SINGLE_RECORD" if self.cut.is_single else "MULTI_RECORD"
        return {
            "SAGEMAKER_BATCH": "true",
            "SAGEMAKER_BATCH_STRATEGY": strategy,
            "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": "1",
            "SAGEMAKER_MAX_PAYLOAD_IN_MB": str(self.cut.most_bytes // MB),
            **({} if self.model is None else self.model.environment),
            **self.environment,
        }


def _data(source: Node) -> DataInput:
    """Return what is transformed."""
    s3 = source.need("DataSource").need("S3DataSource")
    refuse_unless(s3.get("S3DataType"), "S3Prefix", why="is not followed here")
    uri = s3.need("S3Uri")
    return DataInput(name="data", uri=uri.text(), path="", address=uri.address)


def _cut(request: Node, source: Node, target: Node) -> Cut:
    """Return how objects become requests."""
    split, assemble = source.get("SplitType"), target.get("AssembleWith")
    refuse_unless(split, *SPLITS, why="is a format that is not cut here")
    if assemble is not None and assemble.text() not in SPLITS:
        assemble.expected(f"one of {', '.join(SPLITS)}")
    strategy, most = request.get("BatchStrategy"), request.get("MaxPayloadInMB")
    if strategy is not None and strategy.text() not in {"SingleRecord", "MultiRecord"}:
        strategy.expected("'SingleRecord' or 'MultiRecord'")
    most_mb = DEFAULT_MB if most is None else whole_or_unknown(most, least=0)
    if most is not None and most_mb > MOST_MB:
        most.expected(f"at most {MOST_MB}")
    is_line = split is not None and split.value == "Line"
    return Cut(
        is_line=is_line,
        is_single=strategy is not None and strategy.value == "SingleRecord",
        most_bytes=most_mb * MB,
        adds_line=assemble is not None and assemble.value == "Line",
    )


def _filters(
    request: Node, cut: Cut, content_type: str | None, accept: str | None
) -> Filters:
    """Return what is left out and joined."""
    config = request.get("DataProcessing")
    if config is None:
        return Filters()
    joins = config.text_of("JoinSource", "None")
    if joins not in {"None", "Input"}:
        config.need("JoinSource").expected("'None' or 'Input'")
    found = Filters(
        before=Filters.path(config.get("InputFilter")),
        after=Filters.path(config.get("OutputFilter")),
        joins=joins == "Input",
        media=Media.of(content_type),
        answers=Media.of(accept or content_type),
    )
    if not found.does_anything or isinstance(content_type, Unknown):
        return found
    if found.media is None or found.answers is None:
        config.cannot_run(
            f"records of {content_type!r}, answered as {accept!r}, cannot be filtered "
            "or joined; write ContentType and Accept as text/csv, application/json or "
            "application/jsonlines"
        )
    if found.joins and found.media.is_csv != found.answers.is_csv:
        config.refuse(
            "records are joined to answers of their own kind; let Accept be "
            f"{content_type!r}, too"
        )
    if not cut.is_line and (found.media.has_lines or found.answers.has_lines):
        config.refuse("each record has to be looked at; set SplitType to 'Line'")
    if cut.is_line and not cut.adds_line and found.shapes_answers:
        config.refuse("answers become lines; set AssembleWith to 'Line'")
    return found


def _word(node: Node, key: str) -> str | None:
    """Return a member that may be missing."""
    found = node.get(key)
    return None if found is None else found.text()
