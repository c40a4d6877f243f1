"""A matplotlib figure as SVG inside a page: in the page's font and colours, light or dark, with words for it."""

import io
import re
from collections.abc import Callable

import matplotlib
from markupsafe import Markup, escape
from matplotlib.figure import Figure

from sarcasm.figures import COLOURS, GRID, GUIDE

INK = "#010203"  # stands for the colour of the page's text
PAGE_COLOURS = {
    INK: "currentColor",
    GRID: "var(--grid)",
    GUIDE: "var(--guide)",
    **{colour: f"var(--variant-{place})" for place, colour in enumerate(COLOURS)},
}
STYLE = matplotlib.rc_context(
    {
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "axes.linewidth": 0.6,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "font.size": 9,
        "grid.color": GRID,
        "svg.fonttype": "none",  # text stays text
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
    }
)
Draw = Callable[[Figure], None]


@STYLE
def figure(name: str, title: str, description: str, size: tuple[float, float], draw: Draw) -> Markup:
    """Let `draw` fill a figure of `size` inches, and return it as an element that equal calls make of equal bytes.

    `name` keeps the ids of one page's figures apart; a screen reader says `title` and `description`.
    """
    buffer = io.StringIO()
    drawing = Figure(figsize=size, layout="constrained")
    draw(drawing)
    with matplotlib.rc_context({"svg.hashsalt": name}):
        drawing.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    width, height = (round(72 * inches) for inches in size)
    return Markup(
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-labelledby="{name}-title {name}-text">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-text">{escape(description)}</desc>'
    ) + Markup(_body(buffer.getvalue()))


def _body(document: str) -> str:
    """Return what stands inside the root element, less what would reach beyond it: ids, styles, fonts, colours."""
    _, _, body = document[document.index("<svg") :].partition(">")
    body = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", body, flags=re.DOTALL)
    body = re.sub(r'<g id="[^"]*">', "<g>", body)  # nothing refers to groups; clip paths and markers have salted ids
    body = re.sub(r" font-family: [^;]*;", "", body)
    for colour, variable in PAGE_COLOURS.items():
        body = body.replace(f": {colour.lower()}", f": {variable}")
    return re.sub(r"\s*\n\s*", "\n", body.replace("xlink:href", "href"))
