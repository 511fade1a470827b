"""The registry of models: versions in groups, kept with the runs that made them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import attrs

from penguin_pipes.local.contract.names import arn
from penguin_pipes.local.records import now

if TYPE_CHECKING:
    import sqlite3

    from penguin_pipes.local.database import Database


VERSION: Final = re.compile(r":model-package/(?P<group>[^/]+)/(?P<version>\d{1,9})$")


@attrs.frozen(kw_only=True)
class ModelPackage:
    """One version of a model.

    Attributes:
        group: The group that it is a version of.
        version: Its number, counted from one; no number comes twice in a home.
        run: The id of the run that registered it.
        step: The step that did.
        approval: ``PendingManualApproval``, ``Approved`` or ``Rejected``.
        created_at: When it was registered.
        properties: What ``DescribeModelPackage`` would return.
    """

    group: str
    version: int
    run: str
    step: str
    approval: str
    created_at: datetime
    properties: Mapping[str, Any] = attrs.field(repr=False)

    @property
    def arn(self) -> str:
        """The ARN that it would have."""
        return str(self.properties["ModelPackageArn"])


class Registry:
    """The models of one home.

    Args:
        database: The home's database.

    Raises:
        HomeError: If it cannot be used; from every method.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, group: str, asked: Mapping[str, Any], *, run: str, step: str
    ) -> ModelPackage:
        """Add a version to a group, which is made if it is new.

        Args:
            group: The group's name.
            asked: The request that registers it, complete but for what a version adds.
            run: The id of the run.
            step: The step.
        """
        with self._database.transaction():
            self._database.write(
                "INSERT INTO model_groups VALUES (?, 1) "
                "ON CONFLICT (name) DO UPDATE SET last = last + 1",
                group,
            )
            (row,) = self._database.rows(
                "SELECT last FROM model_groups WHERE name = ?", group
            )
            package = _package(group, row["last"], asked, run=run, step=step)
            self._database.write(
                "INSERT INTO model_packages VALUES (?, ?, ?, ?, ?, ?, ?)",
                *(package.group, package.version, package.run, package.step),
                *(package.approval, package.created_at.isoformat()),
                json.dumps(dict(package.properties)),
            )
        return package

    def groups(self) -> tuple[str, ...]:
        """Return the names of the groups that have versions."""
        query = "SELECT DISTINCT model_group FROM model_packages ORDER BY model_group"
        return tuple(row["model_group"] for row in self._database.rows(query))

    def of_arn(self, name: str) -> ModelPackage | None:
        """Return the version with this ARN, or None if it is not one of this home."""
        found = VERSION.search(name)
        if found is None:
            return None
        query = "SELECT * FROM model_packages WHERE model_group = ? AND version = ?"
        rows = self._database.rows(query, found["group"], int(found["version"]))
        packages = map(_read, rows)
        return next((each for each in packages if each.arn == name), None)

    def versions(self, group: str) -> tuple[ModelPackage, ...]:
        """Return the versions of a group, the newest first."""
        query = (
            "SELECT * FROM model_packages WHERE model_group = ? ORDER BY version DESC"
        )
        return tuple(map(_read, self._database.rows(query, group)))


def _package(
    group: str, version: int, asked: Mapping[str, Any], *, run: str, step: str
) -> ModelPackage:
    """Return a version that is being registered."""
    at = now()
    approval = str(asked.get("ModelApprovalStatus", "PendingManualApproval"))
    return ModelPackage(
        group=group,
        version=version,
        run=run,
        step=step,
        approval=approval,
        created_at=at,
        properties={
            **asked,
            "ModelPackageGroupName": group,
            "ModelPackageVersion": version,
            "ModelPackageArn": arn("model-package", f"{group}/{version}"),
            "ModelPackageStatus": "Completed",
            "ModelApprovalStatus": approval,
            "CreationTime": at.isoformat(timespec="milliseconds"),
        },
    )


def _read(row: sqlite3.Row) -> ModelPackage:
    """Return one version as it was kept."""
    return ModelPackage(
        group=row["model_group"],
        version=row["version"],
        run=row["run"],
        step=row["step"],
        approval=row["approval"],
        created_at=datetime.fromisoformat(row["created_at"]),
        properties=json.loads(row["properties"]),
    )
