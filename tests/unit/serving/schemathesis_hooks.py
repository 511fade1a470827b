"""What schemathesis sends as CSV and JSON lines, of which it knows nothing itself."""

from __future__ import annotations

import csv
import io
import json

import schemathesis
from hypothesis import strategies as st

COLUMNS = (
    "culmen_length_mm",
    "culmen_depth_mm",
    "flipper_length_mm",
    "body_mass_g",
    "island",
    "sex",
)
NUMBERS = st.one_of(st.floats(-1e30, 1e30).map(repr), st.sampled_from(["NA", "", "."]))
TEXTS = st.one_of(st.sampled_from(["Biscoe", "MALE", "a,b", '"']), st.text(max_size=9))
ROWS = st.lists(
    st.tuples(*(NUMBERS for _ in range(4)), TEXTS, TEXTS), min_size=1, max_size=5
)


def as_csv(rows: list[tuple[str, ...]]) -> bytes:
    """Return a table under its header."""
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, *rows])
    return text.getvalue().encode()


def as_lines(rows: list[tuple[str, ...]]) -> bytes:
    """Return a row on each line."""
    records = (dict(zip(COLUMNS, row, strict=True)) for row in rows)
    return "\n".join(map(json.dumps, records)).encode()


schemathesis.openapi.media_type("text/csv", ROWS.map(as_csv))
schemathesis.openapi.media_type("application/jsonlines", ROWS.map(as_lines))
