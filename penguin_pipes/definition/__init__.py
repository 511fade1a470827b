"""The definition JSON as frozen types: what a pipeline is, before anybody runs it.

Everything that indexes a definition by string keys lives in this folder: `parse`
turns JSON into a `Definition`, `find_references` says what a value leans on, and
`in_order` says which step comes after which.
"""

from penguin_pipes.definition.graph import in_order, upstream
from penguin_pipes.definition.model import Definition, Parameter, Scalar, Step
from penguin_pipes.definition.node import Node
from penguin_pipes.definition.parse import load, parse
from penguin_pipes.definition.problems import Problem, Severity
from penguin_pipes.definition.references import (
    Reference,
    expression,
    find_references,
    parse_path,
    parse_reference,
)
from penguin_pipes.definition.validate import refuse_errors, validate

__all__ = [
    "Definition",
    "Node",
    "Parameter",
    "Problem",
    "Reference",
    "Scalar",
    "Severity",
    "Step",
    "expression",
    "find_references",
    "in_order",
    "load",
    "parse",
    "parse_path",
    "parse_reference",
    "refuse_errors",
    "upstream",
    "validate",
]
