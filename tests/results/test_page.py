"""The report in a browser: layout, colours, sorting, and no request or message."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.results.colour import contrast
from tests.results.test_report import write_inputs, write_report

from sarcasm.results.report import COLUMNS

sync_api = pytest.importorskip("playwright.sync_api", reason="no Playwright: pip install -r tests/requirements.txt")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser():
    if not CHROMIUM:
        pytest.skip("no Chromium: apt-get install chromium")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    folder = write_inputs(tmp_path_factory.mktemp("browser"), variants=12, roc_auc=[0.5, np.nan] * 6)
    write_report(folder)
    return folder / "plots/report.html"


@pytest.fixture
def open_page(browser, report):
    """Return a function that opens the report offline in a new context.

    In the end, the pages must have written nothing to the console and requested nothing but files.
    """
    messages, requests = [], []

    def open_page(width: int = 1200, color_scheme: str = "light") -> sync_api.Page:
        size = {"width": width, "height": 900}
        page = browser.new_page(viewport=size, is_mobile=width < 600, color_scheme=color_scheme, offline=True)
        page.on("console", lambda message: messages.append(message.text))
        page.on("pageerror", lambda error: messages.append(error.message))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(report.as_uri())
        return page

    yield open_page
    for context in browser.contexts:
        context.close()
    assert messages == []
    assert {url.partition(":")[0] for url in requests} <= {"file", "data"}


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 400])
def test_the_page_fits_the_window(open_page, report, width, color_scheme):
    page = open_page(width, color_scheme)
    assert report.stat().st_size < 1_000_000
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    sizes = page.locator("svg").evaluate_all("all => all.map(svg => [svg.clientWidth, svg.clientHeight])")
    assert len(sizes) == 11 + 1 + 12
    assert all(150 < wide <= width and high > 100 for wide, high in sizes)
    heights = page.locator("svg text").evaluate_all("all => all.map(text => text.getBoundingClientRect().height)")
    assert min(heights) > 9  # pixels


def test_text_has_the_colour_of_the_color_scheme_and_enough_contrast(open_page):
    colours = set()
    for color_scheme in ("light", "dark"):
        page = open_page(color_scheme=color_scheme)
        (in_charts,) = set(page.locator("svg text").evaluate_all("all => all.map(text => getComputedStyle(text).fill)"))
        sync_api.expect(page.locator("body")).to_have_css("color", in_charts)
        muted = page.locator(".muted").first.evaluate("element => getComputedStyle(element).color")
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert contrast(rgb(in_charts), rgb(background)) > 7
        assert contrast(rgb(muted), rgb(background)) > 4.5
        colours.add((in_charts, background))
    assert len(colours) == 2


def rgb(colour: str) -> np.ndarray:
    """Read `rgb(r, g, b)`."""
    return np.array([int(value) for value in re.findall(r"\d+", colour)[:3]]) / 255


def test_a_click_on_a_header_sorts_best_first_and_another_click_reverses(open_page):
    page = open_page()
    headers = page.locator("#scores .sortable thead th")
    keys = ["variant", "accuracy", "difference", *(column.key for column in COLUMNS)]
    assert sorting(page) == ["none"] * len(keys)

    def click(key: str, expected: str) -> list[str]:
        """Sort by a column and return its values."""
        number = keys.index(key)
        headers.nth(number).get_by_role("button").click()
        assert sorting(page) == [expected if key == other else "none" for other in keys]
        cells = page.locator(f"#scores .sortable tbody tr > :nth-child({number + 1})")
        return cells.evaluate_all("all => all.map(cell => cell.dataset.value)")

    accuracies = click("accuracy", "descending")
    assert accuracies == sorted(accuracies, key=float, reverse=True)
    assert click("accuracy", "ascending") == accuracies[::-1]
    losses = click("loss", "ascending")
    assert losses == sorted(losses, key=float)
    names = click("variant", "ascending")
    assert names == sorted(names)
    assert click("roc_auc", "descending")[6:] == click("roc_auc", "ascending")[6:] == [""] * 6  # undefined: always last


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_the_keyboard_sorts(open_page, key):
    page = open_page()
    buttons = page.locator("#scores").get_by_role("button")
    buttons.first.focus()
    page.keyboard.press("Tab")
    sync_api.expect(buttons.nth(1)).to_be_focused()
    page.keyboard.press(key)
    assert sorting(page)[1] == "descending"
    sync_api.expect(buttons.nth(1)).to_be_focused()


def sorting(page: sync_api.Page) -> list[str]:
    return page.locator("#scores .sortable thead th").evaluate_all("all => all.map(header => header.ariaSort)")
