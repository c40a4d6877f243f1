import re

from matplotlib.figure import Figure

from sarcasm.results.charts import svg
from sarcasm.results.figures import COLOURS


def plot(figure: Figure) -> None:
    axes = figure.subplots()
    axes.plot([1, 2], [3, 4], "o-", color=COLOURS[3])
    axes.set_xlabel("a < b & c")


def draw(name: str = "one") -> str:
    return str(svg(name, "A & B", "from <3 to 4", (3, 2), plot))


def test_title_and_description_are_the_accessible_name_and_are_escaped():
    assert 'role="img" aria-labelledby="one-title one-text"' in draw()
    assert '<title id="one-title">A &amp; B</title><desc id="one-text">from &lt;3 to 4</desc>' in draw()


def test_text_stays_text_in_the_colours_and_the_font_of_the_page():
    assert "a &lt; b &amp; c</text>" in draw()
    assert "currentColor" in draw() and "var(--variant-3)" in draw()
    assert not re.search(r": #[0-9a-f]{3}", draw()), "a colour that the page does not set"
    assert not re.search("font-family|<style|<metadata|xmlns|://", draw())


def test_equal_calls_give_equal_bytes():
    assert draw() == draw()


def test_two_charts_have_different_ids_and_refer_to_their_own():
    first, second = (set(re.findall(r'id="([^"]*)"', draw(name))) for name in ("one", "two"))
    assert first and not first & second
    assert set(re.findall(r'(?:url\(|href=")#([^")]*)', draw("one"))) <= first


def test_a_class_name_in_any_script_is_drawn_without_a_warning():
    chart = svg("one", "A", "b", (3, 2), lambda figure: figure.subplots().set_xlabel("讽刺"))
    assert "讽刺</text>" in chart
