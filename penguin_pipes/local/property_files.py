"""JSON files that steps write for others to read: where they lie, what is in them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from penguin_pipes.errors import InputError
from penguin_pipes.local.uris import S3Uri

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penguin_pipes.definition import Node, Step
    from penguin_pipes.local.storage import Storage

MEMBER = "PropertyFiles"
"""What a step's properties hold them under."""


def declared(step: Step, properties: Mapping[str, Any]) -> dict[str, str]:
    """Return the S3 names of a step's property files, by their own names.

    Args:
        step: The step that declares them.
        properties: What its Describe call returns.
    """
    listed = properties.get("ProcessingOutputConfig", {}).get("Outputs", ())
    outputs = {
        output["OutputName"]: str(output["S3Output"]["S3Uri"]).rstrip("/")
        for output in listed
        if "S3Output" in output
    }
    return {
        each["PropertyFileName"]: f"{outputs[each['OutputName']]}/{each['FilePath']}"
        for each in step.raw.get(MEMBER, ())
        if each.get("OutputName") in outputs
    }


def read(uri: str, storage: Storage, at: Node) -> Any:
    """Return the document in the JSON file at *uri*.

    Raises:
        DefinitionError: If there is none; the error is that of the place *at*.
    """
    try:
        name = S3Uri.parse(uri)
    except InputError as error:
        at.refuse(str(error))
    found = list(storage.objects(name).items())
    if len(found) != 1 or found[0][0] != name.name:
        at.refuse(f"there is no file {uri}; {_neighbours(name, storage)}")
    path = found[0][1]
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        at.refuse(f"{uri} is not JSON ({error}); it lies at {path}")


def _neighbours(name: S3Uri, storage: Storage) -> str:
    """Return what lies beside a file that is missing."""
    folder = S3Uri(name.bucket, name.key.rpartition("/")[0])
    there = ", ".join(storage.objects(folder)) or "nothing"
    return f"the step that should have written it wrote there: {there}"
