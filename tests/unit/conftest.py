"""An AWS to talk to: moto's server behind an edge that records, refuses and fills in.

moto 5.2 keeps pipelines, roles and objects for real. What it lacks (listing the steps
of an execution, stopping one, versions, log streams of jobs that never ran) is
answered at the HTTP edge, in the shape that botocore's service model gives the answer.
"""

from __future__ import annotations

import json
import re
import threading
import urllib.request
from collections import Counter, defaultdict, deque
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator
from moto.server import ThreadedMotoServer

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION = "eu-west-1"
BUCKET = "acme-ml"
ROLE_NAME = "pipelines"
ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/{ROLE_NAME}"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "sagemaker.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
READS = re.compile(r"(Get|Head|List|Describe)\w*")
S3_NAMES = {"PUT": "PutObject", "HEAD": "HeadObject", "GET": "GetObject"}


class Answer:
    """One answer that the edge gives in the place of moto's."""

    def __init__(self, status: int, body: bytes, kind: str) -> None:
        self.status = status
        self.body = body
        self.kind = kind


class Edge:
    """What stands between the code and moto's server.

    Attributes:
        url: Where AWS seems to be.
        calls: Every call, in order: ``sagemaker.CreatePipeline``, ``s3.PutObject``.
        sent: The bodies of the calls, by the call's name.
    """

    def __init__(self, behind: str) -> None:
        self.behind = behind
        self.calls: list[str] = []
        self.sent: dict[str, list[bytes]] = defaultdict(list)
        self._scripts: dict[str, deque[Answer]] = defaultdict(deque)
        self._clients: dict[str, Any] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = "http://{}:{}".format(*self._server.server_address[:2])
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def reset(self) -> None:
        """Forget calls and scripts, and empty the AWS behind."""
        self.calls.clear()
        self.sent.clear()
        self._scripts.clear()
        request = urllib.request.Request(f"{self.behind}/moto-api/reset", method="POST")
        urllib.request.urlopen(request, timeout=30).close()

    def stock(self) -> None:
        """Make the bucket and the role."""
        place = {"LocationConstraint": REGION}
        self._client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
        self._client("iam").create_role(
            RoleName=ROLE_NAME, AssumeRolePolicyDocument=json.dumps(TRUST)
        )

    def _client(self, service: str) -> Any:
        """Return a client of one's own; to make one takes longer than its calls."""
        if service not in self._clients:
            session = boto3.Session(region_name=REGION)
            self._clients[service] = session.client(service)
        return self._clients[service]

    @property
    def writes(self) -> Counter[str]:
        """How often each call was made that changes something."""
        return Counter(
            call for call in self.calls if not READS.fullmatch(call.split(".")[1])
        )

    def answer(self, call: str, *answers: dict[str, Any]) -> None:
        """Give these answers in turn, the last one for ever, each of AWS's own shape."""
        service, operation = call.split(".")
        shape = _model(service).operation_model(operation).output_shape
        for each in answers:
            report = ParamValidator().validate(each, shape)
            assert not report.has_errors(), report.generate_report()
            body = json.dumps(each).encode()
            self._scripts[call].append(Answer(200, body, "application/x-amz-json-1.1"))

    def refuse(
        self, call: str, code: str, message: str = "no", *, times: int = 99
    ) -> None:
        """Refuse a call so many times."""
        status = 429 if "Throttl" in code else 403 if "Denied" in code else 400
        for _ in range(times):
            self._scripts[call].append(_refusal(call, status, code, message))
        if times < 99:
            self._scripts[call].append(Answer(0, b"", ""))

    def script(self, call: str) -> Answer | None:
        """Return the next answer of a call, or None to ask moto."""
        answers = self._scripts.get(call)
        if not answers:
            return None
        answer = answers.popleft() if len(answers) > 1 else answers[0]
        return answer if answer.status else None


def _refusal(call: str, status: int, code: str, message: str) -> Answer:
    if call.startswith(("s3.", "iam.", "sts.")):
        text = f"<Code>{code}</Code><Message>{message}</Message>"
        inner = f"<Error>{text}</Error>"
        body = (
            inner
            if call.startswith("s3.")
            else f"<ErrorResponse>{inner}</ErrorResponse>"
        )
        return Answer(status, body.encode(), "application/xml")
    body = json.dumps({"__type": code, "message": message})
    return Answer(status, body.encode(), "application/x-amz-json-1.1")


def _model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def _handler(edge: Edge) -> type[BaseHTTPRequestHandler]:
    """Return what handles one request: write it down, then answer or pass it on."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            call = _name(self.command, self.path, dict(self.headers), body)
            edge.calls.append(call)
            edge.sent[call].append(body)
            answer = edge.script(call)
            if answer is None:
                self._pass_on(body)
            else:
                self._reply(answer.status, {"Content-Type": answer.kind}, answer.body)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _handle  # noqa: N815  # names that http.server looks for

        def _pass_on(self, body: bytes) -> None:
            # urllib would add a content type, and moto would read a form.
            behind = HTTPConnection(urlsplit(edge.behind).netloc, timeout=60)
            headers = {k: v for k, v in self.headers.items() if k.lower() != "expect"}
            behind.request(self.command, self.path, body, headers)
            found = behind.getresponse()
            self._reply(found.status, dict(found.getheaders()), found.read())
            behind.close()

        def _reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() not in {
                    "content-length",
                    "connection",
                    "date",
                    "server",
                    "transfer-encoding",
                }:
                    self.send_header(name, value)
            size = headers.get("Content-Length") if self.command == "HEAD" else None
            self.send_header("Content-Length", size or str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


def _name(method: str, path: str, headers: dict[str, str], body: bytes) -> str:
    """Return ``service.Operation`` of a request."""
    lower = {name.lower(): value for name, value in headers.items()}
    scope = re.search(r"/([a-z0-9-]+)/aws4_request", lower.get("authorization", ""))
    service = scope[1] if scope else "unknown"
    if "x-amz-target" in lower:
        return f"{service}.{lower['x-amz-target'].rpartition('.')[2]}"
    if service != "s3":
        action = parse_qs(body.decode(errors="replace")).get("Action", ["Unknown"])
        return f"{service}.{action[0]}"
    parts = [part for part in urlsplit(path).path.split("/") if part]
    if len(parts) < 2:
        return f"s3.{'CreateBucket' if method == 'PUT' else 'ListObjects'}"
    return f"s3.{S3_NAMES.get(method, method)}"


@pytest.fixture(scope="session")
def _edge() -> Iterator[Edge]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    edge = Edge("http://{}:{}".format(*server.get_host_and_port()))
    yield edge
    edge.close()
    server.stop()


@pytest.fixture
def edge(_edge: Edge, monkeypatch: pytest.MonkeyPatch) -> Edge:
    """Return an AWS that holds a bucket and a role, and that has heard no call yet."""
    _edge.reset()
    monkeypatch.setenv("AWS_ENDPOINT_URL", _edge.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAMARKEDMARKED0001")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "marked-secret-key-never-to-be-seen")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "marked-session-token-never-to-be-seen")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    _edge.stock()
    _edge.calls.clear()
    _edge.sent.clear()
    return _edge


@pytest.fixture
def where() -> list[str]:
    """Return the flags that lead to the bucket and the role of that AWS."""
    return ["--bucket", BUCKET, "--role", ROLE, "--region", REGION]


@pytest.fixture(scope="session")
def mlflow_database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the address of an MLflow store, whose tables take seconds to be made."""
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow') / 'mlflow.db'}"
