"""The page tells what the numbers say, to every reader, and runs nothing."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from PIL import Image

from penguin_pipes.eda import analyse, report
from penguin_pipes.eda.figures import DARK, LIGHT
from penguin_pipes.eda.figures.contrast import contrast
from penguin_pipes.eda.page import file_name

if TYPE_CHECKING:
    from pathlib import Path

    from penguin_pipes.eda.figures import Theme

NO_BREAK = "\N{NO-BREAK SPACE}"
VOID = {"br", "img", "link", "meta", "source", "wbr"}
SENTENCES = """
344 rows and 7 columns, 4 of them measures; the target is species, with 3 values.
Species: Adelie has 152 of 344 (44 %); the rarest of 3 is Chinstrap with 68.
The mark '.' stands once in sex; from here on it counts as missing.
19 missing values, in 5 columns and 11 of 344 rows (3 %); sex misses the most, 11.
The most frequent value fills culmen length with 41.10, culmen depth with 17, flipper length with 190, body mass with 3,800 and sex with MALE.
After that, nothing is missing.
Flipper length tells the classes of species apart best: 78 % of its variance lies between them (η² = 0.78); its mean goes from 189.95 for Adelie to 217.19 for Gentoo.
Flipper length and body mass go together strongly: r = 0.87.
Culmen depth and flipper length go against each other moderately: r = -0.58.
Over all rows culmen depth and flipper length go against each other (r = -0.58), but together in every class of species (r from 0.31 to 0.71): the classes, not the two measures, make the relation.
Body mass has the largest variance, 643,131, about 160,000 times that of culmen depth: covariances follow the units of the measures, r does not.
Species and island go together moderately: Cramér's V = 0.66.
Gentoo has no island but Biscoe.
Chinstrap has no island but Dream.
Torgersen has no species but Adelie.
Species and sex are hardly related: Cramér's V = 0.01.
Of each species, 50 % to 51 % are MALE.
""".strip().splitlines()


class Page(HTMLParser):
    """What a browser would find on a page.

    Attributes:
        found: Every element with its attributes, in order.
        texts: What each kind of element holds, tags left out.
        open: The elements that were not closed.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element, which must be of this kind."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Add a text to every element it is in."""
        for tag in self.open:
            self.texts[tag][-1] += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of each element of a kind."""
        return [attributes for name, attributes in self.found if name == tag]


def page_of(frame: pd.DataFrame, target: str, **named: Any) -> str:
    """Return the page of any frame, with a dot for each figure."""
    dot = io.BytesIO()
    Image.new("RGB", (1, 1)).save(dot, "png")
    analysis = analyse(frame, target, **named)
    made = report(analysis, source="a test", render=lambda *_: (dot.getvalue(), True))
    return made.html


@pytest.fixture(scope="session")
def parsed(page: str) -> Page:
    """Return the page of the penguins as a browser would find it."""
    return Page(page)


@pytest.mark.parametrize("sentence", SENTENCES, ids=range(len(SENTENCES)))
def test_the_numbers_are_told(parsed: Page, sentence: str) -> None:
    """Each sentence that the penguins support stands on their page."""
    said = [*parsed.texts["li"], *parsed.texts["p"]]

    assert sentence in [
        text.replace(NO_BREAK, " ").replace("\N{MINUS SIGN}", "-") for text in said
    ]


def test_the_numbers_are_in_tables(parsed: Page) -> None:
    """First rows, description, counts, gaps, matrices and both tables of species."""
    tables = parsed.texts["caption"]
    rows = [text.split("\n")[0] for text in parsed.texts["tr"]]

    assert tables == [
        "The first 5 rows",
        "Every column in numbers",
        *(f"How often each {name}" for name in ("species", "island", "sex")),
        "Missing values of each column, before and after imputation",
        "Mean of each measure by species",
        "Covariance matrix",
        "Correlation matrix (r)",
        "Rows by species and island",
        "Rows by species and sex",
    ]
    for row in (
        "3AdelieTorgersen40.318.01953,250FEMALE",
        "Adelie15244.2 %",
        ".10.3 %",
        "sex113.2 %MALE0",
        "body_mass_g2,606\N{MINUS SIGN}747.379,824643,131",
        "body_mass_g0.60\N{MINUS SIGN}0.470.871.00",
        "Adelie445652",
        "Gentoo6158",
    ):
        assert row in rows


def test_every_figure_says_what_it_shows(parsed: Page) -> None:
    """Its text for those who do not see it has the numbers, and it has a size."""
    images = parsed.all("img")
    told = [str(image["alt"]) for image in images]

    assert len(images) == len(parsed.all("figure")) == len(parsed.texts["figcaption"])
    assert (
        told[0]
        == "Bar chart of rows by species: Adelie 152, Gentoo 124 and Chinstrap 68."
    )
    assert told[3].startswith(
        "Histogram of Culmen length (mm): 342 values from 32.10 to"
    )
    assert "flipper length and body mass 0.87" in told[8]
    assert all(re.search(r"\d", text) for text in told)
    assert all(image["width"] and image["height"] for image in images)


def test_every_figure_is_there_for_light_and_dark(parsed: Page, made: Path) -> None:
    """The page holds both; the folder has the light ones as files."""
    files = sorted(path for path in made.iterdir() if path.suffix == ".png")
    light = [_bytes(image["src"]) for image in parsed.all("img")]
    dark = [_bytes(source["srcset"]) for source in parsed.all("source")]

    assert light == [path.read_bytes() for path in files]
    assert len(set(light) | set(dark)) == 26
    assert [path.name for path in files][9:] == [
        "figure-10-flipper-length-mm-body-mass-g.png",
        "figure-11-culmen-depth-mm-flipper-length-mm.png",
        "figure-12-species-by-island.png",
        "figure-13-species-by-sex.png",
    ]


def _bytes(address: str | None) -> bytes:
    kind, _, text = str(address).partition(",")
    assert kind == "data:image/png;base64"
    return base64.b64decode(text)


def test_the_page_can_be_walked_through(parsed: Page) -> None:
    """By landmarks, one heading of the first order, links that lead somewhere."""
    tags = [tag for tag, _ in parsed.found]
    ids = [str(found["id"]) for _, found in parsed.found if "id" in found]
    links = [str(link["href"]) for link in parsed.all("a")]
    labels = [
        str(f["aria-labelledby"]) for _, f in parsed.found if "aria-labelledby" in f
    ]

    assert [tags.count(tag) for tag in ("header", "nav", "main", "footer", "h1")] == [
        1
    ] * 5
    assert len(ids) == len(set(ids))
    assert {link.removeprefix("#") for link in links} <= set(ids)
    assert set(labels) <= set(ids)
    assert len(parsed.all("section")) == tags.count("h2") == len(links) - 1
    assert {head["scope"] for head in parsed.all("th")} == {"row", "col"}
    assert parsed.all("html") == [{"lang": "en"}]
    assert parsed.open == []


def test_wide_tables_can_be_scrolled_with_the_keyboard(parsed: Page) -> None:
    """Each is in a region of its own that takes the focus and has the table's name."""
    regions = [found for found in parsed.all("div") if found.get("role") == "region"]

    assert len(regions) == len(parsed.all("table"))
    assert all(found["tabindex"] == "0" for found in regions)


def test_nothing_is_asked_of_the_network(page: str, parsed: Page) -> None:
    """No address of another place is on the page, and its policy allows none."""
    policy = parsed.all("meta")[1]["content"]
    digest = hashlib.sha256(parsed.texts["style"][0].encode()).digest()

    assert "http:" not in page
    assert "https:" not in page
    assert "url(" not in page
    assert policy == (
        "default-src 'none'; img-src data:; style-src "
        f"'sha256-{base64.b64encode(digest).decode()}'; base-uri 'none'; "
        "form-action 'none'"
    )


SCRIPT = "<script>alert(1)</script>"
QUOTES = "\"'><img src=x onerror=alert(2)>"
TEMPLATE = "{{ 7 * 7 }}{% raw %}${7*7}"


def test_text_of_the_table_stays_text() -> None:
    """Names of columns, values, target, marks and file run nowhere as HTML."""
    frame = pd.DataFrame(
        {
            SCRIPT: [QUOTES, TEMPLATE, QUOTES, "</style></title>"],
            QUOTES: [1.0, 2.0, 3.0, 5.0],
            TEMPLATE: [1.0, 2.0, 4.0, 5.0],
            "</td></table>": ["javascript:alert(3)", "&lt;", "<!--", "]]>"],
        }
    )

    html = page_of(frame, SCRIPT, name=SCRIPT, marks=["<!--"])

    page = Page(html)
    plain = Page(page_of(pd.DataFrame({"a": ["b"]}), "a"))
    assert {tag for tag, _ in page.found} == {tag for tag, _ in plain.found}
    assert not [f for _, f in page.found if any(key.startswith("on") for key in f)]
    assert page.texts["h1"] == [SCRIPT]
    assert {SCRIPT, QUOTES, TEMPLATE} <= set(page.texts["th"])
    assert {QUOTES, "&lt;", "javascript:alert(3)"} <= set(page.texts["td"])
    assert page.open == []


def test_files_are_named_without_the_tables_text() -> None:
    """Whatever a column is called, its figure is a file in the folder."""
    names = ["../../etc/passwd", "a/b\\c:d", "日本語", "Größe (µm)", "x" * 500, ""]

    found = [file_name(number, name) for number, name in enumerate(names, start=1)]

    assert found[:4] == [
        "figure-01-etc-passwd.png",
        "figure-02-a-b-c-d.png",
        "figure-03.png",
        "figure-04-gro-sse-m.png",
    ]
    assert max(map(len, found)) < 80
    assert found[5] == "figure-06.png"


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_colours_stand_out(theme: Theme) -> None:
    """As WCAG asks: 3 to 1 for what is drawn, 4.5 to 1 for what is read."""
    drawn = [contrast(each, theme.background) for each in (*theme.classes, theme.plain)]
    read = [contrast(each, theme.background) for each in (theme.text, theme.muted)]

    assert min(drawn) >= 3
    assert min(read) >= 4.5
    assert len(set(theme.classes)) == len(theme.classes) == 8


def test_words_of_the_page_can_be_read(parsed: Page) -> None:
    """In both schemes every ink stands out from every ground."""
    schemes = parsed.texts["style"][0].split("@media", maxsplit=1)

    for scheme in schemes:
        colours = dict(re.findall(r"--(\w+): (#\w{6})", scheme))
        for ink in ("text", "muted", "accent"):
            for ground in ("background", "raised", "note"):
                assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
