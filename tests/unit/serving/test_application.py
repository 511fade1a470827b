"""The app as clients meet it: SageMaker's hosting contract, word by word."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from penguin_pipes.serving import create_app
from penguin_pipes.serving.application import LARGEST_BODY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from penguin_pipes.serving.model import Model

pytestmark = pytest.mark.slow

ROWS = [
    {
        "culmen_length_mm": 39.1,
        "culmen_depth_mm": 18.7,
        "flipper_length_mm": 181,
        "body_mass_g": 3750,
        "island": "Torgersen",
        "sex": "MALE",
    },
    {"flipper_length_mm": "225", "sex": None, "name": "Pingu"},
]
LINES = "application/jsonlines"
HEADER = "sex,island,body_mass_g,flipper_length_mm,culmen_depth_mm,culmen_length_mm,id"
CSV = f"{HEADER}\nMALE,Torgersen,3750,181,18.7,39.1,a\n.,NA,,225,,,b\n"
BARE = "39.1,18.7,181,3750,Torgersen,MALE\n,,225,,,\n"


def ask(
    client: FlaskClient, body: Any, kind: str | None, accept: str | None = None
) -> TestResponse:
    """Post a body, JSON if it is no text."""
    data = body if isinstance(body, str | bytes) else json.dumps(body)
    headers = {} if accept is None else {"Accept": accept}
    return client.post("/invocations", data=data, content_type=kind, headers=headers)


def refused(response: TestResponse) -> tuple[int, str]:
    """Return the status and the sentence of an answer that is an error."""
    assert response.content_type == "application/problem+json"
    body = response.get_json(force=True)
    assert body["status"] == response.status_code
    assert set(body) == {"title", "status", "detail"}
    return response.status_code, body["detail"]


def test_ping_says_that_the_model_is_there(client: FlaskClient) -> None:
    """200, as the service wants it before it sends anything."""
    assert client.get("/ping").status_code == 200
    assert client.head("/ping").status_code == 200


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        pytest.param(ROWS, "application/json", id="list"),
        pytest.param({"instances": ROWS}, "application/json", id="instances"),
        pytest.param(ROWS, "application/json; charset=UTF-8", id="charset"),
        pytest.param(ROWS, None, id="no kind"),
        pytest.param("\n".join(map(json.dumps, ROWS)), LINES, id="lines"),
        pytest.param("\r\n".join(map(json.dumps, [*ROWS, {}][:2])), LINES, id="crlf"),
        pytest.param(CSV, "text/csv", id="csv with header"),
        pytest.param(BARE, "text/csv", id="csv"),
        pytest.param("\ufeff" + BARE, "text/csv", id="csv with a mark"),
    ],
)
def test_the_same_rows_have_the_same_answer_in_every_kind(
    client: FlaskClient, body: Any, kind: str | None
) -> None:
    """JSON unless another kind is accepted; a row's place is its answer's."""
    expected = [ask(client, row, "application/json").get_json() for row in ROWS]

    response = ask(client, body, kind)

    assert response.content_type == "application/json"
    found = response.get_json()["predictions"]
    assert [each["species"] for each in found] == ["Adelie", "Gentoo"]
    for one, alone in zip(found, expected, strict=True):
        (only,) = alone["predictions"]
        assert one["probabilities"] == pytest.approx(only["probabilities"], abs=1e-5)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/*;q=0.5", "application/json"),
        ("text/csv", "text/csv"),
        ("text/csv, application/json", "application/json"),
        ("application/json;q=0.1, text/csv", "text/csv"),
        (f"text/html, {LINES}", LINES),
        ("text/*", "text/csv"),
    ],
)
def test_the_answer_is_of_the_kind_that_is_accepted(
    client: FlaskClient, accept: str | None, expected: str
) -> None:
    """By the client's own weights; all kinds say the same."""
    told = ask(client, ROWS, "application/json").get_json()["predictions"]

    response = ask(client, ROWS, "application/json", accept)

    assert response.mimetype == expected
    text = response.get_data(as_text=True)
    if expected == "text/csv":
        lines = list(csv.reader(io.StringIO(text)))
        assert [line[0] for line in lines] == [each["species"] for each in told]
        odds = [list(map(float, line[1:])) for line in lines]
        assert odds == [list(each["probabilities"].values()) for each in told]
    elif expected == LINES:
        assert list(map(json.loads, text.splitlines())) == told
    else:
        assert json.loads(text)["predictions"] == told


def test_nothing_is_answered_in_a_kind_that_is_not_accepted(
    client: FlaskClient,
) -> None:
    """406, with the kinds there are."""
    response = ask(client, ROWS, "application/json", "image/png, text/csv;q=0")

    status, told = refused(response)
    assert status == 406
    assert "accept one of application/json, application/jsonlines, text/csv" in told


@pytest.mark.parametrize(
    ("kind", "headers", "told"),
    [
        ("application/x-npy", {}, "Content-Type: 'application/x-npy' is not read"),
        ("text/csv; charset=latin-1", {}, "the charset 'latin-1' is not read"),
        ("text/csv", {"Content-Encoding": "gzip"}, "Content-Encoding: 'gzip' is not"),
    ],
)
def test_other_kinds_of_bodies_are_refused(
    client: FlaskClient, kind: str, headers: dict[str, str], told: str
) -> None:
    """415, with the kinds there are; nothing is guessed."""
    response = client.post(
        "/invocations", data=BARE, content_type=kind, headers=headers
    )

    status, sentence = refused(response)
    assert status == 415
    assert told in sentence
    assert "send application/json, application/jsonlines, text/csv" in sentence


def test_a_body_of_six_megabytes_is_read_and_a_larger_one_is_not(
    client: FlaskClient,
) -> None:
    """413 before it is looked at, as at a SageMaker endpoint."""
    row = "39.1,18.7,181,3750,Torgersen,MALE"
    largest = row + "\n" * (LARGEST_BODY - len(row))

    assert ask(client, largest, "text/csv").status_code == 200
    status, told = refused(ask(client, f"{largest}\n", "text/csv"))
    assert status == 413
    assert told.startswith("body: it is larger than 6291456 bytes; send its rows in")


JSON_KIND, CSV_KIND = "application/json", "text/csv"


@pytest.mark.parametrize(
    ("body", "kind", "told"),
    [
        ("", JSON_KIND, "body: this is not JSON"),
        ("{", JSON_KIND, "body: this is not JSON"),
        ("[" * 100_000, JSON_KIND, "body: this is not JSON"),
        ("1" * 5_000, JSON_KIND, "body: this is not JSON"),
        ("[]", JSON_KIND, "body: there is no row in it; send a row or more"),
        ("[1]", JSON_KIND, "row 1: 1 is no object"),
        ("[{}]", JSON_KIND, "row 1: it has none of the columns; name columns such as"),
        (b"\xff\xfe", JSON_KIND, "body: byte 1 is not UTF-8; encode it as UTF-8"),
        (
            '{"sex": 3}',
            JSON_KIND,
            "row 1, column 'sex': 3 is no text; put it in quotes",
        ),
        (
            '[{"sex": null}, {"body_mass_g": "heavy"}]',
            JSON_KIND,
            "row 2, column 'body_mass_g': 'heavy' is not a number",
        ),
        ('{"body_mass_g": true}', JSON_KIND, "column 'body_mass_g': True is not a"),
        (
            '{"body_mass_g": NaN}',
            JSON_KIND,
            "column 'body_mass_g': nan is not a number",
        ),
        (
            '{"body_mass_g": [1]}',
            JSON_KIND,
            "column 'body_mass_g': [1] is not a number",
        ),
        ("", CSV_KIND, "body: there is no row in it"),
        (f"{HEADER}\n", CSV_KIND, "body: there is no row in it"),
        ("1,2\n", CSV_KIND, "row 1: 2 values, where 6 were expected; send culmen_len"),
        ('a,"b', CSV_KIND, "body: this is not CSV"),
        ("1,2,3,x,Dream,MALE", CSV_KIND, "row 1, column 'body_mass_g': 'x' is not a"),
        (f"sex,{HEADER}\n" + "1," * 7 + "1\n", CSV_KIND, "'sex': it is named twice"),
        ("", LINES, "body: there is no row in it"),
        ('{"sex": null}\n{', LINES, "line 2: this is not JSON"),
        ('\n"x"', LINES, "line 2: 'x' is no object"),
    ],
)
def test_rows_that_cannot_be_are_refused_with_their_place(
    client: FlaskClient, body: str | bytes, kind: str, told: str
) -> None:
    """400 and one sentence: the row, the column, the value and the way out."""
    status, sentence = refused(ask(client, body, kind))

    assert status == 400
    assert told in sentence


def test_a_sentence_is_short_however_long_the_value_is(client: FlaskClient) -> None:
    """Both its ends are there: the place, and the way out."""
    status, told = refused(ask(client, {"body_mass_g": "x" * 10**6}, JSON_KIND))

    assert status == 400
    assert len(told) < 310
    assert told.startswith("row 1, column 'body_mass_g': 'xxx")
    assert told.endswith("correct it or leave it out")


def test_what_breaks_is_told_to_the_log_and_not_to_the_client(
    model: Model, caplog: pytest.LogCaptureFixture
) -> None:
    """500 and a sentence; the trace is the server's."""

    def network(_: Sequence[Sequence[float]]) -> list[list[float]]:
        msg = "a secret of the server"
        raise RuntimeError(msg)

    client = create_app(attrs.evolve(model, network=network)).test_client()

    status, told = refused(ask(client, ROWS, JSON_KIND))

    assert (status, told) == (
        500,
        "the model could not answer; the server's log says why",
    )
    assert "a secret of the server" in caplog.text


@pytest.mark.parametrize(
    ("method", "path", "status", "allowed"),
    [
        ("GET", "/invocations", 405, {"POST"}),
        ("OPTIONS", "/invocations", 405, {"POST"}),
        ("TRACE", "/ping", 405, {"GET", "HEAD"}),
        ("DELETE", "/", 405, {"GET", "HEAD"}),
        ("GET", "/nowhere", 404, None),
    ],
)
def test_other_addresses_and_methods_are_refused(
    client: FlaskClient, method: str, path: str, status: int, allowed: set[str] | None
) -> None:
    """In a sentence too, with the methods there are."""
    response = client.open(path, method=method)

    assert refused(response)[0] == status
    found = response.headers.get("Allow")
    assert allowed == (None if found is None else set(found.split(", ")))


@pytest.mark.parametrize("path", ["/", "/ping", "/openapi.json", "/nowhere"])
def test_every_answer_forbids_what_it_does_not_need(
    client: FlaskClient, path: str
) -> None:
    """No script, no frame, no guess at the type, nothing from elsewhere."""
    headers = client.get(path).headers

    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_the_description_names_what_the_model_takes(
    client: FlaskClient, model: Model
) -> None:
    """Its columns, its labels, and every status there is."""
    found = client.get("/openapi.json").get_json()

    assert found["openapi"].startswith("3.1")
    schemas = found["components"]["schemas"]
    assert list(schemas["Row"]["properties"]) == model.columns
    species = schemas["Prediction"]["properties"]["species"]
    assert species["enum"] == ["Adelie", "Chinstrap", "Gentoo"]
    answers = found["paths"]["/invocations"]["post"]["responses"]
    assert set(answers) == {"200", "400", "406", "413", "415"}
