"""The Flask app over a model: SageMaker's hosting contract, and a page for people."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from flask import Flask, Response, request
from werkzeug.exceptions import (
    BadRequest,
    HTTPException,
    InternalServerError,
    NotAcceptable,
    RequestEntityTooLarge,
    UnsupportedMediaType,
)

from penguin_pipes.scripts.inference import JSON, BadRequestError
from penguin_pipes.serving import bodies
from penguin_pipes.serving.openapi import describe
from penguin_pipes.serving.page import Page

if TYPE_CHECKING:
    from penguin_pipes.serving.model import Model

LARGEST_BODY: Final = 6 * 1024 * 1024
"""Bytes of a request, as at a SageMaker endpoint."""

PATIENCE: Final = 8 * LARGEST_BODY
"""Bytes that are read in vain: who is still sending does not hear why to stop."""

PROBLEM: Final = "application/problem+json"
CHARSETS: Final = ("", "utf-8", "utf8", "us-ascii")
SENTENCES: Final = {
    HTTPStatus.NOT_FOUND: "there is nothing at this address; see /openapi.json",
    HTTPStatus.METHOD_NOT_ALLOWED: "this address takes other methods; see Allow",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: f"body: it is larger than {LARGEST_BODY} "
    "bytes; send its rows in several requests",
}
HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


def create_app(model: Model) -> Flask:
    """Return the app that serves *model*."""
    app = Flask("penguin_pipes.serving", static_folder=None)
    # One more: of a body in chunks, Werkzeug drops without a word what is beyond it.
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY + 1
    description, page = json.dumps(describe(model), indent=2), Page.of(model)

    @app.get("/ping", provide_automatic_options=False)
    def ping() -> Response:
        return Response('{"status": "Healthy"}', mimetype=JSON)

    @app.post("/invocations", provide_automatic_options=False)
    def invocations() -> Response:
        kind, wanted = _sent(), _wanted()
        body = request.get_data(cache=False)
        if len(body) > LARGEST_BODY:
            raise RequestEntityTooLarge
        rows = bodies.read(body, kind, model)
        answer = bodies.write(model.predict(rows), wanted, model)
        return Response(answer, content_type=wanted)

    @app.get("/openapi.json", provide_automatic_options=False)
    def openapi() -> Response:
        return Response(description, mimetype=JSON)

    @app.get("/", provide_automatic_options=False)
    def index() -> Response:
        shown = page.show(model, request.args)
        found = Response(shown.html, status=shown.status, mimetype="text/html")
        found.headers["Content-Security-Policy"] = page.policy
        found.headers["Link"] = '</openapi.json>; rel="service-desc"'
        return found

    _answer_in_sentences(app)
    return app


def _answer_in_sentences(app: Flask) -> None:
    """Have every error be a status and a sentence, and every answer safe headers."""

    @app.errorhandler(BadRequestError)
    def refused(error: BadRequestError) -> Response:
        return _problem(BadRequest(str(error)))

    @app.errorhandler(RequestEntityTooLarge)
    def too_large(error: RequestEntityTooLarge) -> Response:
        _hear_out()
        return _problem(error)

    @app.errorhandler(HTTPException)
    def failed(error: HTTPException) -> Response:
        return _problem(error)

    @app.errorhandler(Exception)
    def broken(error: Exception) -> Response:
        app.logger.error("the request could not be answered", exc_info=error)
        sentence = "the model could not answer; the server's log says why"
        return _problem(InternalServerError(sentence))

    @app.after_request
    def secured(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response


def _problem(error: HTTPException) -> Response:
    """Return an error as RFC 9457 has it, with the headers that its status needs."""
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    sentence = SENTENCES.get(status, error.description or status.phrase)
    body = {
        "title": status.phrase,
        "status": status.value,
        "detail": bodies.shortened(sentence),
    }
    found = Response(json.dumps(body, ensure_ascii=False), status, mimetype=PROBLEM)
    if "Allow" in (allowed := dict(error.get_headers())):
        found.headers["Allow"] = allowed["Allow"]
    return found


def _hear_out() -> None:
    """Read what a client goes on to send, so that it gets to the answer."""
    stream, left = request.environ["wsgi.input"], PATIENCE
    while left > 0 and (data := stream.read(min(left, 65_536))):
        left -= len(data)


def _sent() -> str:
    """Return which kind the body is of."""
    kind = request.mimetype or JSON
    if kind not in bodies.KINDS:
        _refuse_kind(f"Content-Type: {kind!r} is not read here")
    charset = request.mimetype_params.get("charset", "").lower()
    if charset not in CHARSETS:
        _refuse_kind(f"Content-Type: the charset {charset!r} is not read here")
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    if encoding != "identity":
        _refuse_kind(f"Content-Encoding: {encoding!r} is not read here")
    return kind


def _refuse_kind(problem: str) -> None:
    msg = f"{problem}; send {', '.join(bodies.KINDS)} in UTF-8, not compressed"
    raise UnsupportedMediaType(msg)


def _wanted() -> str:
    """Return which kind the client accepts best."""
    accepted = request.accept_mimetypes
    wanted = accepted.best_match(bodies.KINDS, default="" if accepted else JSON)
    if not wanted:
        asked = request.headers.get("Accept", "")
        kinds = ", ".join(bodies.KINDS)
        msg = f"Accept: {asked!r} has no answer here; accept one of {kinds}"
        raise NotAcceptable(msg)
    return wanted
