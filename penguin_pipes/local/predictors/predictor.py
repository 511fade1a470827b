"""Answer every request of a batch transform through the model's own script.

    predictor.py JOB

JOB is a JSON file: the folders of the model, of the requests and of the answers, the
script, and what the requests are said to be. Two contracts are known:

- of AWS's TensorFlow inference image: ``input_handler(data, context)`` before and
  ``output_handler(response, context)`` after TensorFlow Serving, for which
  saved_model.py stands in;
- of the toolkit in the others: ``model_fn``, ``input_fn``, ``predict_fn`` and
  ``output_fn``, or ``transform_fn`` in the place of the last three.
"""

from __future__ import annotations

import importlib.util
import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    Respond = Callable[[bytes], bytes]

OK = 200
JSON, CSV, NPY = "application/json", "text/csv", "application/x-npy"


class Context(NamedTuple):
    """What AWS's TensorFlow inference image tells its handlers."""

    model_name: str
    model_version: str | None
    method: str
    rest_uri: str | None
    grpc_uri: str | None
    custom_attributes: str | None
    request_content_type: str | None
    accept_header: str | None
    content_length: int


class Response:
    """An answer of TensorFlow Serving, as handlers know them from requests."""

    def __init__(self, status_code: int, content: bytes) -> None:
        self.status_code = status_code
        self.content = content
        self.headers = {"Content-Type": JSON}

    @property
    def text(self) -> str:
        """The content as a text."""
        return self.content.decode("utf-8", errors="replace")

    def json(self) -> Any:
        """Return the content as a value."""
        return json.loads(self.content)


def main(argv: Sequence[str], serving: Callable[[str], Any] | None = None) -> None:
    """Answer all requests; leave why it failed where the service would look.

    Args:
        argv: The job's file.
        serving: Makes what answers in the place of TensorFlow Serving, given a folder.
    """
    job = json.loads(Path(argv[0]).read_text(encoding="utf-8"))
    requests, place = Path(job["requests"]), "model"
    try:
        respond = responder(job, serving)
        for name in sorted(each.name for each in requests.iterdir()):
            place = job["places"][name]
            answer = respond((requests / name).read_bytes())
            (Path(job["answers"]) / name).write_bytes(answer)
        sys.stdout.write(f"{len(job['places'])} requests answered\n")
    except Exception as error:
        text = f"{place}: {type(error).__name__}: {error}"
        Path(job["failure"]).write_text(text, encoding="utf-8")
        raise


def responder(job: Any, serving: Callable[[str], Any] | None) -> Respond:
    """Return what makes an answer of a request's body."""
    script = load(job["code"], job["program"]) if job["program"] else None
    if script is not None and hasattr(script, "model_fn"):
        return toolkit(script, job)
    if serving is None:
        msg = f"{job['program']} has no model_fn; write one that loads the model"
        raise AttributeError(msg)
    return tensorflow(script, job, serving(job["model"]))


def load(folder: str, program: str) -> ModuleType:
    """Return the model's script as a module, its own modules beside it."""
    sys.path[:0] = [folder, f"{folder}/lib"]
    name = Path(program).stem
    spec = importlib.util.spec_from_file_location(name, f"{folder}/{program}")
    if spec is None or spec.loader is None:
        msg = f"{program} is no Python; write the handlers in a .py"
        raise ImportError(msg)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def tensorflow(script: Any, job: Any, model: Any) -> Respond:
    """Return what answers as AWS's TensorFlow inference image does."""
    if script is not None and not hasattr(script, "input_handler"):
        msg = (
            f"{job['program']} has no input_handler and output_handler, and nothing "
            "listens at a rest_uri here for a handler; write the two"
        )
        raise AttributeError(msg)

    def respond(body: bytes) -> bytes:
        context = Context(
            model_name="model",
            model_version=None,
            method="predict",
            rest_uri=None,
            grpc_uri=None,
            custom_attributes=None,
            request_content_type=job["content_type"],
            accept_header=job["accept"],
            content_length=len(body),
        )
        if script is None:
            asked = as_instances(body, job["content_type"] or JSON)
        else:
            asked = script.input_handler(io.BytesIO(body), context)
            asked = asked.read() if hasattr(asked, "read") else asked
        response = Response(*model.predict(asked))
        if script is not None:
            return as_bytes(script.output_handler(response, context))
        if response.status_code != OK:
            raise ValueError(response.text)
        return response.content

    return respond


def as_instances(body: bytes, content_type: str) -> str:
    """Return the request to TensorFlow Serving that the image makes of a body."""
    kind = content_type.partition(";")[0].strip().lower()
    text = body.decode("utf-8").strip()
    if kind == CSV:
        lines = [line.split(",") for line in text.splitlines()]
        rows = [[value(each) for each in line] for line in lines]
        return json.dumps({"instances": [r if len(r) > 1 else r[0] for r in rows]})
    if kind in ("application/jsonlines", "application/jsons"):
        return json.dumps({"instances": [json.loads(e) for e in text.splitlines()]})
    if kind != JSON:
        msg = f"Content-Type {content_type!r}: TensorFlow Serving reads JSON and CSV"
        raise ValueError(msg)
    try:
        found = json.loads(text)
    except ValueError:
        return json.dumps({"instances": [json.loads(e) for e in text.splitlines()]})
    if isinstance(found, dict) and {"instances", "inputs"} & found.keys():
        return text
    nested = isinstance(found, list) and found and isinstance(found[0], list)
    return json.dumps({"instances": found if nested else [found]})


def value(text: str) -> float | str:
    """Return a column of a CSV file: a number if it is one."""
    try:
        return float(text)
    except ValueError:
        return text.strip().strip('"')


def toolkit(script: Any, job: Any) -> Respond:
    """Return what answers as AWS's inference toolkit does."""
    model = script.model_fn(job["model"])
    content_type, accept = job["content_type"] or JSON, job["accept"] or JSON
    read = getattr(script, "input_fn", decode)
    predict = getattr(script, "predict_fn", lambda data, model: model.predict(data))
    write = getattr(script, "output_fn", encode)
    transform = getattr(script, "transform_fn", None)

    def respond(body: bytes) -> bytes:
        is_text = content_type.partition(";")[0].strip().lower() in (JSON, CSV)
        data = body.decode("utf-8") if is_text else body
        if transform is not None:
            return as_bytes(transform(model, data, content_type, accept))
        return as_bytes(write(predict(read(data, content_type), model), accept))

    return respond


def decode(data: Any, content_type: str) -> Any:
    """Return the array that the toolkit makes of a body if the script does not."""
    import numpy as np

    kind = content_type.partition(";")[0].strip().lower()
    if kind == JSON:
        return np.array(json.loads(data))
    if kind == CSV:
        return np.genfromtxt(io.StringIO(data), dtype=np.float32, delimiter=",")
    if kind == NPY:
        return np.load(io.BytesIO(data))
    msg = f"Content-Type {content_type!r} is read by an input_fn only; write one"
    raise ValueError(msg)


def encode(prediction: Any, accept: str) -> str | bytes:
    """Return the body that the toolkit makes of an array if the script does not."""
    import numpy as np

    kind = accept.partition(";")[0].strip().lower()
    array = np.asarray(prediction)
    out = io.BytesIO()
    if kind in (JSON, "*/*"):
        return json.dumps(array.tolist())
    if kind == CSV:
        np.savetxt(out, array, delimiter=",", fmt="%s")
        return out.getvalue()
    if kind == NPY:
        np.save(out, array)
        return out.getvalue()
    msg = f"Accept {accept!r} is written by an output_fn only; write one"
    raise ValueError(msg)


def as_bytes(answer: Any) -> bytes:
    """Return the body of what a script returned, with or without its type."""
    body: Any = answer[0] if isinstance(answer, tuple) else answer
    body = getattr(body, "response", body)
    return body.encode("utf-8") if isinstance(body, str) else bytes(body)


if __name__ == "__main__":
    main(sys.argv[1:])
