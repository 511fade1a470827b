"""What the command line does at SageMaker, one function for each mode."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve, frozen
from rich.console import Console

from penguin_pipes import aws
from penguin_pipes.config import PipelineConfig
from penguin_pipes.definition import parse
from penguin_pipes.definition.parameters import from_texts
from penguin_pipes.definition.rules.hints import nearest
from penguin_pipes.deploy.arguments import Arguments
from penguin_pipes.errors import AwsError, InputError
from penguin_pipes.report.prose import say

if TYPE_CHECKING:
    from penguin_pipes.factories.deployable import Pipeline

SHOWN_LINES: Final = 15
SHOWN_EXECUTIONS: Final = 10
SUCCEEDED: Final = "Succeeded"


@frozen(kw_only=True, slots=False)
class Remote:
    """One pipeline in one account and region.

    Attributes:
        config: The whole pipeline.
        account: Whose credentials are used, and the region.
        arguments: The command line.
        out: For results.
        err: For everything else.
    """

    config: PipelineConfig
    account: aws.Aws
    arguments: Arguments
    out: Console
    err: Console

    @cached_property
    def pipeline(self) -> Pipeline:
        """The pipeline that the config asks for."""
        from penguin_pipes.pipeline import build_pipeline

        return build_pipeline(self.config)

    @cached_property
    def wanted(self) -> aws.Wanted:
        """What is to be at SageMaker, validated; warnings are printed once.

        Raises:
            InvalidDefinitionError: SageMaker would refuse it, or its jobs would fail.
        """
        from penguin_pipes.definition import refuse_errors
        from penguin_pipes.report.problems import show_problems

        wanted = aws.Wanted.of(self.pipeline)
        files = self.pipeline.files
        show_problems(refuse_errors(wanted.definition, files=files), self.err)
        return wanted

    def deploy(self) -> bool:
        """Bring the pipeline to SageMaker, perhaps start and follow it."""
        values = self._parameters(self.wanted.definition)
        unchecked = aws.check_role(self.account.iam, self.wanted.role)
        if unchecked:
            say(unchecked, self.err)
        self._upload()
        done = aws.submit(self.account.sagemaker, self.wanted, shelf=self._shelf())
        self._say(f"{done.action} {done.arn}")
        self._say(f"console {_console(self.account.region, done.arn)}")
        return self._start(values) if self.arguments.start else True

    def rollback(self) -> bool:
        """Deploy what the pipeline was in an earlier version."""
        number = self.arguments.rollback or 0
        now = self._deployed()
        then = aws.version(self.account.sagemaker, now.name, number)
        values = self._parameters(then.definition)
        wanted = aws.Wanted(
            name=now.name,
            definition=then.definition,
            role=then.role,
            description=then.description,
            tags=now.tags,
            parallelism=then.parallelism,
        )
        done = aws.submit(self.account.sagemaker, wanted, shelf=self._shelf())
        self._say(f"{done.action} {done.arn} as it was in version {number}")
        return self._start(values) if self.arguments.start else True

    def plan(self) -> int:
        """Show what a deploy would change, and return how many changes there are."""
        from penguin_pipes.definition.plan import Change, plan
        from penguin_pipes.report.plan import show_plan
        from penguin_pipes.upload import missing

        new = self.wanted
        old = aws.describe(self.account.sagemaker, new.name)
        found = plan(None if old is None else old.definition, new.definition)
        beside = () if old is None else aws.differences(old, new)
        changes = tuple(
            Change(address=each.what, old=each.old, new=each.new) for each in beside
        )
        uploads = missing(
            self.pipeline.files, client=self.account.s3, guard=self.pipeline.guard
        )
        found = evolve(found, pipeline=(*found.pipeline, *changes), uploads=uploads)
        if self.arguments.json:
            self.out.print_json(json.dumps(found.to_json()))
        else:
            show_plan(found, self.out)
        return found.has_changes

    def wait(self) -> bool:
        """Follow the latest execution."""
        return self._follow(aws.latest(self.account.sagemaker, self.config.name))

    def stop(self) -> bool:
        """Stop an execution."""
        arn = self._execution(self.arguments.stop or "")
        aws.stop(self.account.sagemaker, arn)
        self._say(f"stopping {arn}")
        return True

    def executions(self) -> bool:
        """List the latest executions."""
        from penguin_pipes.report.execution import show_executions

        client, name = self.account.sagemaker, self.config.name
        found = aws.executions(client, name, most=SHOWN_EXECUTIONS)
        show_executions(found, self.out)
        return True

    def versions(self) -> bool:
        """List what was deployed."""
        from penguin_pipes.report.execution import show_versions

        found = aws.versions(self.account.sagemaker, self._deployed().name)
        show_versions(found, self.out)
        return True

    def delete(self) -> bool:
        """Delete the pipeline, once somebody said yes."""
        found = self._deployed()
        if not self.arguments.yes and not self._agreed(found.arn):
            self._say("nothing was deleted")
            return False
        aws.delete(self.account.sagemaker, found.name)
        self._say(f"deleted {found.arn}")
        return True

    def _agreed(self, arn: str) -> bool:
        """Ask whether the pipeline may go."""
        if not self.out.is_terminal:
            msg = f"--delete: nobody is there to ask; add --yes to delete {arn}"
            raise InputError(msg)
        name = arn.rpartition("/")[2]
        question = f"Delete {arn}, its versions and the list of its executions?"
        say(question, self.out)
        return self.out.input(f"Type {name} to delete it: ") == name

    def _deployed(self) -> aws.Deployed:
        """Return what SageMaker holds.

        Raises:
            AwsError: It holds nothing of this name.
        """
        name, region = self.config.name, self.account.region
        found = aws.describe(self.account.sagemaker, name)
        if found is None:
            msg = (
                f"there is no pipeline {name!r} in {region}. Deploy it first, or name "
                "another with --set name=…, another region with --region"
            )
            raise AwsError(msg)
        return found

    def _execution(self, text: str) -> str:
        """Return the ARN of the execution that *text* means."""
        if text.startswith("arn:"):
            return text
        if text:
            return f"{self._deployed().arn}/execution/{text}"
        running = {"Executing"}
        return aws.latest(self.account.sagemaker, self.config.name, of=running)

    def _parameters(self, definition: str) -> dict[str, Any]:
        """Return the values to start with; refuse unknown names, of steps too."""
        parsed = parse(definition)
        known = [step.name for step in parsed.steps]
        for name in self.arguments.steps:
            if name not in known:
                hint = nearest(name, known)
                msg = f"--steps: the pipeline has no step {name!r}; {hint}"
                raise InputError(msg)
        return from_texts(parsed, self.arguments.parameter)

    def _upload(self) -> None:
        from penguin_pipes.report.transfers import UploadProgress
        from penguin_pipes.upload import upload_missing

        files = self.pipeline.files
        with UploadProgress(self.out, files) as progress:
            upload_missing(
                files,
                client=self.account.s3,
                guard=self.pipeline.guard,
                watch=progress,
                done=progress.done,
            )

    def _shelf(self) -> aws.Shelf:
        return aws.Shelf(
            s3=self.account.s3,
            bucket=self.config.bucket,
            prefix=self.config.prefix,
            options=self.pipeline.guard.writing,
        )

    def _start(self, values: dict[str, Any]) -> bool:
        arn = aws.start(
            self.account.sagemaker,
            self.config.name,
            parameters=values,
            steps=self.arguments.steps,
        )
        self._say(f"started {arn}")
        return self._follow(arn) if self.arguments.wait else True

    def _follow(self, arn: str) -> bool:
        """Show an execution until it ends, and return whether it succeeded."""
        from penguin_pipes.report.execution import ExecutionProgress, show_execution

        execution = None
        with ExecutionProgress(self.out) as show:
            for execution in aws.follow(
                self.account.sagemaker, arn, pause_s=self.arguments.interval
            ):
                show(execution)
        if execution is None or execution.status != SUCCEEDED:
            self._explain(execution)
        if execution is not None:
            show_execution(execution, self.out)
        return execution is not None and execution.status == SUCCEEDED

    def _explain(self, execution: aws.Execution | None) -> None:
        """Show the failed steps with the last lines of their logs."""
        from penguin_pipes.report.execution import show_failed_step

        for step in execution.steps if execution else ():
            if step.status != "Failed":
                continue
            lines: tuple[str, ...] = ()
            if step.job:
                try:
                    found = aws.last_lines(
                        self.account.logs, step.job, most=SHOWN_LINES
                    )
                    hidden = self.account.secrets
                    lines = tuple(aws.redact(line, hidden) for line in found)
                except AwsError as error:
                    lines = (str(error),)
            show_failed_step(step, lines, self.err)

    def _say(self, text: str) -> None:
        self.out.print(text, markup=False, soft_wrap=True)


def _console(region: str, arn: str) -> str:
    """Return where the pipeline is seen: SageMaker Studio has it under Pipelines."""
    partition = arn.split(":")[1]
    domain = {
        "aws-cn": "console.amazonaws.cn",
        "aws-us-gov": "console.amazonaws-us-gov.com",
    }.get(partition, "console.aws.amazon.com")
    return f"https://{region}.{domain}/sagemaker/home?region={region}#/studio"
