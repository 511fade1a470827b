"""What an execution is logged to: SageMaker's experiments, and its managed MLflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from penguin_pipes.definition.document import member, text
from penguin_pipes.definition.node import shown
from penguin_pipes.definition.problems import error
from penguin_pipes.definition.references import expression
from penguin_pipes.definition.rules.shaped import check
from penguin_pipes.definition.shapes import service_model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penguin_pipes.definition.document import Document
    from penguin_pipes.definition.problems import Problem
    from penguin_pipes.definition.rules.base import Rule

SHAPES: Final = {
    "PipelineExperimentConfig": "ExperimentConfig",
    "MlflowConfig": "MlflowConfig",
}
"""Member of a definition → the shape of what it holds, as jobs have it."""


def experiments(document: Document) -> Iterator[Problem]:
    """Tell of everything in the settings that the service does not take."""
    types = {
        text(member(each, "Name")): text(member(each, "Type"))
        for each in document.parameters
    }
    for name, shape in SHAPES.items():
        node = member(document.root, name)
        if node is None or node.value is None or expression(node.value) is not None:
            continue
        if not isinstance(node.value, Mapping):
            problem = f"expected an object, got {shown(node.value)}"
            yield error(node.address, problem, "write an object, or leave it out")
            continue
        # Models of older botocores know no MLflow.
        found = service_model()["shapes"].get(shape)
        if found is not None:
            yield from check(node, found, optional=frozenset(), parameters=types)


RULES: tuple[Rule, ...] = (experiments,)
