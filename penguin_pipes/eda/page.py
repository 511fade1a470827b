"""An analysis as one HTML page that needs nothing else, and its figures as PNG files.

No script is in the page and none may run: its own policy forbids it. Whatever comes
from the table is escaped by the template.
"""

from __future__ import annotations

import base64
import hashlib
import re
import struct
import unicodedata
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import attrs
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from penguin_pipes.eda.figures import DARK, LIGHT, png

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.figure import Figure

    from penguin_pipes.eda.figures import Theme
    from penguin_pipes.eda.records import Analysis, Drawing

    Render = Callable[[Callable[[Theme], Figure], Theme], tuple[bytes, bool]]

PAGE: Final = "index.html"
PIXELS: Final = 2
"""Of the image for one of the page: sharp on a phone, too."""

BOXES: Final = (
    "The font of the figures lacks some characters and shows boxes in their place; "
    "tables and sentences have them."
)


@attrs.frozen(kw_only=True)
class Report:
    """All files of a report.

    Attributes:
        html: The page.
        figures: The light figures, by file name, in their order on the page.
    """

    html: str
    figures: dict[str, bytes]


@attrs.frozen(kw_only=True)
class Image:
    """A figure in both themes, as addresses that hold it, and its size on the page."""

    light: str
    dark: str
    width: int
    height: int


def report(analysis: Analysis, *, source: str, render: Render = png) -> Report:
    """Return the files of a report: the same bytes for the same analysis.

    Args:
        analysis: What to tell.
        source: Where it comes from, for the page's last line.
        render: Makes a figure a PNG, and tells whether the font has every character.
    """
    drawings = [drawing for part in analysis.sections for drawing in part.drawings]
    lights = [render(drawing.draw, LIGHT) for drawing in drawings]
    darks = [render(drawing.draw, DARK) for drawing in drawings]
    images = {
        drawing: _image(light, dark)
        for drawing, (light, _), (dark, _) in zip(drawings, lights, darks, strict=True)
    }
    notes = () if all(complete for _, complete in lights) else (BOXES,)
    return Report(
        html=_html(analysis, images, notes, source),
        figures={
            file_name(number, drawing.name): light
            for number, (drawing, (light, _)) in enumerate(
                zip(drawings, lights, strict=True), start=1
            )
        },
    )


def file_name(number: int, name: str) -> str:
    """Return the name of a figure's file; of the user's text it keeps a-z and 0-9."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].rstrip("-")
    return f"figure-{number:02}-{slug}.png" if slug else f"figure-{number:02}.png"


def _image(light: bytes, dark: bytes) -> Image:
    width, height = struct.unpack(">II", light[16:24])
    return Image(
        light=_address(light),
        dark=_address(dark),
        width=width // PIXELS,
        height=height // PIXELS,
    )


def _address(data: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def _html(
    analysis: Analysis, images: dict[Drawing, Image], notes: Sequence[str], source: str
) -> str:
    style = _shipped("page.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    environment.filters["breakable"] = breakable
    return environment.from_string(_shipped("page.html.jinja")).render(
        analysis=analysis,
        images=images,
        notes=notes,
        source=source,
        style=Markup(style),  # noqa: S704 - ours, and its digest is in the policy
        style_hash=f"sha256-{digest}",
    )


def breakable(text: str) -> Markup:
    """Return a name, escaped, in which a line may end behind each underscore."""
    return Markup("_<wbr>").join(text.split("_"))


def _shipped(name: str) -> str:
    return (files("penguin_pipes.eda") / "templates" / name).read_text("utf-8")
