"""Pack a trained model so that it serves: raw rows in, labels out.

    package.py --model MODEL --transformers TRANSFORMERS --inference inference.py

A processing container with scikit-learn runs this one file, so it imports nothing of
ours. Out of the ``model.tar.gz`` of a training, what the preprocessor fitted and an
inference script it makes another ``model.tar.gz``, as AWS's TensorFlow inference image
wants it:

    001/saved_model.pb …     the model, as it was
    code/inference.py        the script, as it was
    code/transformer.json    what was fitted, as numbers and texts

No pickle travels: the image has no scikit-learn, and numbers are the same under every
version of it. The same input gives the same bytes. Bad input ends with exit code 1 and
one sentence, on stderr and in the ``--message`` file, and leaves nothing half written.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import io
import json
import sys
import tarfile
import traceback
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NoReturn

import joblib
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path("/opt/ml/processing")
ARCHIVE = "model.tar.gz"
SAVED_MODEL = "saved_model.pb"
FEATURES, SCHEMA = "features.joblib", "schema.json"
SCRIPT, TRANSFORMER = "code/inference.py", "code/transformer.json"


class PackagingError(ValueError):
    """What cannot be packed, in one sentence, with the way out."""


def refuse(place: object, problem: str, way_out: str) -> NoReturn:
    """Raise a `PackagingError` of one sentence."""
    msg = f"{place}: {problem}; {way_out}"
    raise PackagingError(msg)


def read_model(source: Path) -> dict[str, bytes]:
    """Return the files of the model, by their paths in the archive.

    Folders that are not the model's, such as another ``code``, are left out.
    """
    files: dict[str, bytes] = {}
    try:
        with tarfile.open(source, "r:gz") as archive:
            for member in archive:
                path = PurePosixPath(member.name)
                if path.is_absolute() or ".." in path.parts:
                    problem = f"the member {member.name!r} would leave the folder"
                    refuse(source, problem, "pack paths below the model alone")
                stream = archive.extractfile(member) if member.isreg() else None
                if stream is not None:
                    files[str(path)] = stream.read()
                elif not member.isdir():
                    problem = f"the member {member.name!r} is neither file nor folder"
                    refuse(source, problem, "pack files in the place of links")
    except (tarfile.TarError, EOFError, OSError) as error:
        problem = f"it cannot be unpacked ({error})"
        refuse(source, problem, "give the model.tar.gz of a training")
    versions = {path.partition("/")[0] for path in files}
    versions = {each for each in versions if each.isascii() and each.isdigit()}
    if not any(f"{version}/{SAVED_MODEL}" in files for version in versions):
        problem = f"no folder that is called by a number holds a {SAVED_MODEL}"
        refuse(source, problem, "save the model as e.g. 001/saved_model.pb")
    return {p: data for p, data in files.items() if p.partition("/")[0] in versions}


def read_schema(path: Path) -> dict[str, Any]:
    """Return what the preprocessor says of its columns and labels."""
    try:
        schema = json.loads(path.read_bytes())
        return {name: schema[name] for name in ("target", "labels", "missing")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        problem = f"it cannot be read ({type(error).__name__}: {error})"
        refuse(path, problem, "give the preprocessor's transformers")


def export(transformer: object, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fitted *transformer* as numbers and texts.

    Args:
        transformer: As `make_transformer` of preprocessor.py makes it, and fitted.
        schema: The target's name, its labels and what counts as missing.
    """
    numeric, categorical = [], []
    if not isinstance(transformer, ColumnTransformer):
        _refuse_stranger(transformer)
    for _, part, names in transformer.transformers_:
        steps = part.steps if isinstance(part, Pipeline) else []
        match [step for _, step in steps]:
            case [SimpleImputer() as imputer, StandardScaler() as scaler]:
                fills, means, scales = imputer.statistics_, scaler.mean_, scaler.scale_
                for name, *found in zip(names, fills, means, scales, strict=True):
                    fill, mean, scale = map(float, found)
                    numeric.append(
                        {"name": name, "fill": fill, "mean": mean, "scale": scale}
                    )
            case [SimpleImputer() as imputer, OneHotEncoder() as encoder]:
                fills, seen = imputer.statistics_, encoder.categories_
                for name, fill, texts in zip(names, fills, seen, strict=True):
                    categorical.append(
                        {"name": name, "fill": fill, "categories": texts.tolist()}
                    )
            case _:
                _refuse_stranger(part)
    return {
        "version": 1,
        **schema,
        "numeric": numeric,
        "categorical": categorical,
    }


def _refuse_stranger(part: object) -> NoReturn:
    problem = f"{type(part).__name__} is nothing that preprocessor.py fits"
    refuse(FEATURES, problem, "pack with a script of your own that knows it")


def archive(files: Mapping[str, bytes]) -> bytes:
    """Return a tar.gz without times, owners or rights: content and nothing else."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", filename="", mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as packed,
    ):
        for name in sorted(files):
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(files[name]), 0o644
            packed.addfile(info, io.BytesIO(files[name]))
    return buffer.getvalue()


def publish(path: Path, content: bytes) -> None:
    """Write the file aside, then move it into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.part")
    try:
        aside.write_bytes(content)
        aside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            aside.unlink()
        raise


def package(arguments: argparse.Namespace) -> list[str]:
    """Do what is asked for and return the names of what was packed."""
    model, script = arguments.model, arguments.inference
    files = read_model(model / ARCHIVE if model.is_dir() else model)
    schema = read_schema(arguments.transformers / SCHEMA)
    fitted = arguments.transformers / FEATURES
    try:
        transformer = joblib.load(fitted)
    except Exception as error:  # noqa: BLE001 - a pickle may raise anything
        problem = f"it cannot be read ({type(error).__name__}: {error})"
        refuse(fitted, problem, "pack with the scikit-learn that fitted it")
    exported = export(transformer, schema)
    text = json.dumps(exported, ensure_ascii=False, indent=2, allow_nan=False)
    files[TRANSFORMER] = f"{text}\n".encode()
    files[SCRIPT] = _script(script)
    publish(arguments.output / ARCHIVE, archive(files))
    return sorted(files)


def _script(path: Path) -> bytes:
    found = sorted(path.glob("*.py")) if path.is_dir() else [path]
    if len(found) != 1 or not found[0].is_file():
        problem = f"{len(found)} scripts are here"
        refuse(path, problem, "give the one script that serves the model")
    return found[0].read_bytes()


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the arguments; ends with exit code 2 where they are none."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    inputs = ROOT / "input"
    for option, default, text in (
        ("model", inputs / "model", "model.tar.gz, or the folder with it"),
        ("transformers", inputs / "transformers", "what the preprocessor fitted"),
        ("inference", inputs / "inference", "the script, or the folder with it"),
        ("output", ROOT / "package", "the folder for model.tar.gz"),
        ("message", Path("/opt/ml/output/message"), "the file for why it failed"),
    ):
        parser.add_argument(f"--{option}", type=Path, default=default, help=text)
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, or 1 after saying why on stderr and in a file."""
    arguments = parse_arguments(argv)
    try:
        packed = package(arguments)
    except (PackagingError, OSError) as error:
        failure = str(error)
    except Exception as error:  # noqa: BLE001 - whatever it was, the record has to say
        traceback.print_exc()
        failure = f"The packaging broke down: {type(error).__name__}: {error}"
    else:
        sys.stdout.write(f"Packed: {', '.join(packed)}\n")
        return 0
    sentence = " ".join(failure.split()).encode(errors="backslashreplace").decode()
    sys.stderr.write(f"{sentence}\n")
    with contextlib.suppress(OSError):  # the sentence matters more than its second copy
        arguments.message.parent.mkdir(parents=True, exist_ok=True)
        arguments.message.write_text(sentence, encoding="utf-8")
    return 1


if __name__ == "__main__":
    sys.exit(main())
