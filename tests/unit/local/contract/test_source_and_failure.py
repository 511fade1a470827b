"""What is promised of a script's archive, and of its failure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes.errors import InputError
from penguin_pipes.local.contract import source
from penguin_pipes.local.contract.failure import ErrorLines, reason, script_failure

if TYPE_CHECKING:
    from pathlib import Path


class TestSource:
    """The archive of a script."""

    def test_archive_is_unpacked(self, project: Any, tmp_path: Path) -> None:
        """Every file of the archive lies in the code folder afterwards."""
        members = {
            "train.py": "x",
            "lib/__init__.py": "y",
            "requirements.txt": "# no\n",
        }
        project.archive("s3://c/a.tar.gz", members)

        source.unpack(project.files["s3://c/a.tar.gz"], tmp_path / "code", "train.py")

        found = {p.relative_to(tmp_path / "code") for p in tmp_path.glob("code/**/*.*")}
        assert {str(path) for path in found} == set(members)

    @pytest.mark.parametrize(
        ("members", "program", "message"),
        [
            ({"other.py": ""}, "train.py", "no train.py in the archive; it holds: oth"),
            ({"../x": "", "train.py": ""}, "train.py", "'../x' would leave the code"),
            ({"/x": "", "train.py": ""}, "train.py", "'/x' would leave the code"),
        ],
    )
    def test_archive_that_cannot_be_used_is_refused(
        self,
        project: Any,
        tmp_path: Path,
        members: dict[str, str],
        program: str,
        message: str,
    ) -> None:
        """An archive is refused as a whole, with nothing written."""
        project.archive("s3://c/a.tar.gz", members)

        with pytest.raises(InputError, match=message):
            source.unpack(project.files["s3://c/a.tar.gz"], tmp_path / "code", program)

        assert not (tmp_path / "code").exists()

    @pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x1f\x8b\x08\x00broken"])
    def test_file_that_is_no_archive_is_refused(
        self, tmp_path: Path, content: bytes
    ) -> None:
        """A file of another kind is named."""
        (tmp_path / "a.tar.gz").write_bytes(content)

        with pytest.raises(InputError, match=r"a\.tar\.gz is no gzipped tar archive"):
            source.inspect(tmp_path / "a.tar.gz", "train.py")

    def test_folder_without_the_script_is_refused(self, tmp_path: Path) -> None:
        """Code that comes as a folder must hold the script."""
        with pytest.raises(InputError, match=r"there is no train\.py in this folder"):
            source.place(tmp_path, tmp_path / "code", "train.py")

    def test_archive_may_be_placed_as_a_folder_may(
        self, project: Any, tmp_path: Path
    ) -> None:
        """Code that a channel brings as an archive is unpacked."""
        project.archive("s3://c/a.tar.gz", {"run.sh": "#!/bin/sh\n"})

        source.place(project.files["s3://c/a.tar.gz"], tmp_path / "code", "run.sh")

        assert (tmp_path / "code" / "run.sh").stat().st_mode & 0o111 == 0o111


class TestFailure:
    """How a failure reads."""

    def test_text_is_the_toolkits(self) -> None:
        """The failure file reads as observed with the toolkit itself."""
        errors = ErrorLines()
        log = [
            "hello",
            "Traceback (most recent call last):",
            '  File "boom.py", line 5, in <module>',
            "    f()",
            '    raise ValueError("boom 42")',
            "ValueError: boom 42",
        ]
        for line in log:
            errors.feed(line)

        text = script_failure(1, errors.text, ("python", "--", "boom.py"))

        assert text == (
            "ExecuteUserScriptError:\nExitCode 1\n"
            'ErrorMessage "raise ValueError("boom 42")\n ValueError: boom 42"\n'
            'Command "python -- boom.py"'
        )

    def test_reason_is_cut_as_at_the_service(self) -> None:
        """Of a long failure the first 1024 characters are kept."""
        text = reason("x" * 5000, 1)

        assert text == f"AlgorithmError: {'x' * 1024}, exit code: 1"

    def test_flood_of_errors_is_bounded(self) -> None:
        """A script that prints errors for ever does not fill the memory."""
        errors = ErrorLines()
        for index in range(10_000):
            errors.feed(f"ValueError: {index}")

        assert errors.text.count("\n") < 1_000

    def test_want_of_memory_is_said(self) -> None:
        """Exit code 137 is explained as the toolkit does."""
        text = script_failure(137, "", ("python", "--", "boom.py"))

        assert 'ExtraInfo "OutOfMemory: Process killed by SIGKILL (signal 9)"' in text

    @pytest.mark.parametrize(
        ("line", "image", "name"),
        [
            ("InternalError: x", "tensorflow-training:2.21", "InternalError"),
            ("FileNotFoundError: x", "tensorflow-training:2.21", "NotFoundError"),
            ("ValueError: x", "tensorflow-training:2.21", "ExecuteUserScriptError"),
            ("FileNotFoundError: x", "me/own:1", "ExecuteUserScriptError"),
        ],
    )
    def test_failure_is_named_after_tensorflows_errors(
        self, line: str, image: str, name: str
    ) -> None:
        """Where TensorFlow is installed, its errors are known and give the name."""
        errors = ErrorLines(image)
        errors.feed(line)

        text = script_failure(1, errors.text, ("python",), image=image)

        assert text.startswith(f'{name}:\nExitCode 1\nErrorMessage "{line}"\n')

    def test_error_of_one_framework_is_a_line_of_another(self) -> None:
        """An image without TensorFlow does not know TensorFlow's errors."""
        errors = ErrorLines("me/own:1")
        errors.feed("DataLossError: x")

        assert errors.text == ""

    def test_hand_of_the_compiler_is_said(self) -> None:
        """A failure in the training compiler is called so, whatever the exit code."""
        text = script_failure(137, "RuntimeError: torch_xla/x.cc", ("python",))

        assert 'ExtraInfo "SMTrainingCompiler Error: Error occurred in' in text
        assert "OutOfMemory" not in text
