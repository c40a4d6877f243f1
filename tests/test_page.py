"""The report in a browser: its models compared with Python's, layout, colours, sorting, no request or message."""

import itertools
import re
import shutil

from evaluate import pack_models
from sarcasm.baseline import SavedBaseline
from sarcasm.corpus import read_headlines
from sarcasm.model import HeadlineClassifier
from sarcasm.saved_model import SavedNetwork, load_model
from sarcasm.stage import read_json, write_json
from sarcasm.tokenizers import STOP_WORDS, TOKENIZERS
from sarcasm.vocabulary import SPECIAL

import numpy as np
import pandas as pd
import pytest
import torch
from tests.project import ROOT, run_stage
from tests.tiny_model import ARGUMENTS

pytestmark = pytest.mark.slow
VARIANTS = ["tfidf", "lstm", "stacked_lstm_dropout", "wide_bi_lstm"]
HEADLINES = [
    "",
    "the of and",
    "don't can't won't n't 'twas he's they'll '90s rock'n'roll it’s ‘quoted’ “so” – really—yes…",
    "cafe\u0301 caf\u00e9 \u0130stanbul ΟΔΟΣ Straße ﬁne 新聞 한국어 العربية हिन्दी",
    "😀 👩‍👩‍👧 \U0001d400 \ud800 lone \udfff",
    "snake_case _ __ a_b 1,234.5 ½ ² ٣ Ⅷ 2024-11-27 \u00a0\u2003\x1c\x85 blanks \t\n\r",
    "-/.,;:!?()[]{}@#$%^*+=~`|\\\"' a < b & c > d",
    "<b>bold</b> &amp; &eacute;&#39;s <!-- note --> <script>x</script>y a<br>b</p>c",
    "AT&T <i>x",
    "&lt;b&gt; x",
    "<" * 30 + "x" * 300,
    "word " * 100,
    *[headline.text for headline in read_headlines(ROOT / "data/bundled/headlines.jsonl")][-188:],
]


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="no Playwright: pip install -r tests/requirements.txt")
    if not (chromium := shutil.which("chromium") or shutil.which("google-chrome")):
        pytest.skip("no Chromium: apt-get install chromium")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    with sync_api.sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium, args=arguments)


def make_network(tokenizer="full", bucketed=True, **settings):
    """Return a network with random weights, which the page has without rounding; it knows two thirds of the words."""
    words = dict.fromkeys(word for headline in HEADLINES for word in TOKENIZERS[tokenizer](headline))
    known = [*SPECIAL, *(word for number, word in enumerate(words) if number % 3)]
    settings = {"vocabulary_size": len(known), "embedding_dimension": 7, "hidden_size": 5, "layers": 1, **settings}
    torch.manual_seed(0)
    shapes = {name: weight.shape for name, weight in HeadlineClassifier(**ARGUMENTS | settings).state_dict().items()}
    weights = {x: torch.randint(-1, 2, y) / torch.randint(1, 3, [y[0], *[1] * (len(y) - 1)]) for x, y in shapes.items()}
    return SavedNetwork("network", tokenizer, known, weights, ARGUMENTS | settings, 60, bucketed)


def in_page(browser, model, function, headlines=HEADLINES):
    """Call a JavaScript function of a model and the words of each headline."""
    packed = pack_models({model.variant: model}, model.variant, headlines) | {"stop_words": sorted(STOP_WORDS)}
    script = f"""([packed, headlines]) => {{
        const [model] = loadModels(packed);
        return headlines.map((headline) => ({function})(model, tokenize(model, headline)));
    }}"""
    with browser.new_page() as page:
        page.add_script_tag(path=ROOT / "stages/sarcasm/page/classifier.js")
        return page.evaluate(script, [packed, headlines])


def assert_same_logits(browser, model):
    expected = model.logits([model.split(headline) for headline in HEADLINES])
    np.testing.assert_allclose(in_page(browser, model, "logit"), expected, rtol=0, atol=1e-3 * expected.std())
    assert all(in_page(browser, model, "agrees", HEADLINES[-5:]))


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_the_words_are_those_of_the_tokenizer(browser, tokenizer):
    found = in_page(browser, make_network(tokenizer), "(model, words) => words")
    assert found == [TOKENIZERS[tokenizer](headline) for headline in HEADLINES]


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("bucketed", [False, True])
@pytest.mark.parametrize("settings", [{"layers": 0}, {"wide": 97}, {"layers": 2, "bidirectional": True}])
def test_networks_have_the_same_logits(browser, cell, bucketed, settings):
    assert_same_logits(browser, make_network(cell=cell, bucketed=bucketed, **settings))


def test_the_baseline_has_the_same_logits(browser):
    words = make_network().vocabulary[2:]
    ngrams = [*words, *(" ".join(pair) for pair in itertools.pairwise(words))]
    idf, coefficients = (torch.randint(low, 128, (len(ngrams),)).double() / 32 for low in (64, -128))
    weights = {"idf": idf, "coefficients": coefficients, "intercept": torch.tensor([0.25]).double()}
    assert_same_logits(browser, SavedBaseline("tfidf", "full", ngrams, weights, 2))


def test_importance_and_unknown_words(browser):
    model = make_network(wide=97)
    for headline, found in zip(HEADLINES, in_page(browser, model, "(...x) => [...explain(...x)]"), strict=True):
        expected = model.word_importance(headline)
        assert [part["word"] for part in found] == [word for word, _ in expected]
        np.testing.assert_allclose([part["importance"] for part in found], [x for _, x in expected], atol=1e-3)
        assert all(part["known"] == (part["word"] in model.ids) for part in found)


@pytest.mark.parametrize("bucketed", [False, True])
@pytest.mark.parametrize("settings", [{"layers": 0}, {"wide": 97, "bidirectional": True}, {"layers": 2, "cell": "gru"}])
def test_importance_is_that_of_the_plain_computation(browser, bucketed, settings):
    plain = "logit(model, words) - logit(model, words.toSpliced(i, 1))"
    script = f"(model, words) => [...explain(model, words)].map(({{ importance }}, i) => importance - ({plain}))"
    headlines = [*HEADLINES[11:20], " ".join(HEADLINES[20:40])]  # also longer than the network reads
    differences = in_page(browser, make_network(bucketed=bucketed, **settings), script, headlines)
    assert len(differences[0]) == len(differences[-1]) == 60
    assert max(abs(x) for headline in differences for x in headline) < 1e-9


def test_states_before_the_word_that_is_left_out_are_kept(browser):
    script = """(model, words) => {
        let steps = 0;
        const { lstm } = CELLS;
        CELLS.lstm = (...x) => { steps += 1; return lstm(...x); };
        [...explain(model, words)];
        CELLS.lstm = lstm;
        return steps;
    }"""
    model = make_network(bidirectional=True)
    words = [word for word in model.vocabulary if word.isalpha()][:50]
    [steps] = in_page(browser, model, script, [" ".join(words)])
    assert steps == 2 * (50 + 50) + 50 * 49  # twice the whole headline; without a word those after and those before it


def test_models_of_the_pipeline_are_rounded_little(browser, small_base):
    for model in [load_model(str(path)) for path in (small_base / "models").glob("*.pt")]:
        found = in_page(browser, model, "(model, words) => sigmoid(logit(model, words))")
        np.testing.assert_allclose(found, model(HEADLINES), rtol=0, atol=0.01)


@pytest.fixture
def open_page(browser, small_base):
    """Return a function that opens a report offline; in the end, none may have written or requested anything."""
    messages, requests = [], []

    def open_page(width=1280, color_scheme="light", folder=small_base):
        size = {"width": width, "height": 900}
        page = browser.new_page(viewport=size, is_mobile=width < 600, color_scheme=color_scheme, offline=True)
        page.on("console", lambda message: messages.append(message.text))
        page.on("pageerror", lambda error: messages.append(error.message))
        page.on("request", lambda request: requests.append(request.url))
        page.goto((folder / "plots/report.html").as_uri())
        return page

    yield open_page
    for context in browser.contexts:
        context.close()
    assert messages == [] and {url.partition(":")[0] for url in requests} == {"file"}


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1920, 1280, 768, 400, 320])
def test_the_page_fits_the_window_and_axe_finds_no_violation(open_page, width, color_scheme):
    page = open_page(width, color_scheme)
    folded = page.locator(".fold:not([open])")
    assert folded.count() == (0 if width > 640 else page.locator(".fold").count())  # long sections, on a phone
    page.locator(".all").evaluate_all("all => all.forEach(button => button.click())")
    page.locator("details").evaluate_all("all => all.forEach(details => { details.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    sizes = page.locator("svg.chart").evaluate_all("all => all.map(svg => [svg.clientWidth, svg.clientHeight])")
    assert len(sizes) == 1 + 3 + 3  # the compared network, curves, probabilities
    assert all(150 < wide <= width and high > 100 for wide, high in sizes)
    fills = page.locator("svg text").evaluate_all("all => all.map(text => getComputedStyle(text).fill)")
    assert set(fills) == {page.evaluate("getComputedStyle(document.body).color")}
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe-playwright-python")
    results = axe.Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def test_headings_sort_best_first_and_then_reverse_by_mouse_and_keyboard(open_page):
    page = open_page()
    headers = page.locator("#scores .sortable thead th")
    headings = headers.all_text_contents()

    def values(heading):
        cells = page.locator(f"#scores .sortable tbody tr > :nth-child({headings.index(heading) + 1})")
        return cells.evaluate_all("all => all.map(cell => cell.dataset.value)")

    assert values("validation loss") == sorted(values("validation loss"), key=float)
    page.get_by_role("button", name="All 13 columns").click()
    page.get_by_role("button", name="test accuracy").click()
    assert values("test accuracy") == sorted(values("test accuracy"), key=float, reverse=True)
    page.keyboard.press("Enter")  # the button has the focus
    assert values("test accuracy") == sorted(values("test accuracy"), key=float)
    assert headers.evaluate_all("all => all.map(header => header.ariaSort)")[:3] == ["none", "none", "ascending"]
    for _ in range(2):
        page.get_by_role("button", name="best epoch").click()
        assert values("best epoch")[-1] == ""  # of the baseline: always last


def type_headline(page, headline):
    """Fill the box and wait until all words have their importance."""
    page.locator("#headline").fill(headline)
    page.locator('#words[aria-busy="false"]').wait_for(state="attached")


def test_a_typed_headline_is_classified_by_every_model_the_selected_one_first(open_page, small_base):
    page = open_page()
    evaluation = pd.read_csv(small_base / "metrics/evaluation.csv").sort_values("validation_loss")
    rows, words, verdict = page.locator("#models label"), page.locator("#words .word"), page.locator("#verdict")
    type_headline(page, "area man, unheard")
    names = rows.locator("span:not(.bar)").all_text_contents()
    assert names == list(evaluation["variant"]) and rows.first.locator("input").is_checked()
    for place, name in enumerate(names):
        rows.nth(place).locator("input").check()
        page.locator('#words[aria-busy="false"]').wait_for(state="attached")
        model = load_model(str(small_base / f"models/{name if name == 'tfidf' else f'{name}-1'}.pt"))
        probability = model(["area man, unheard"]).item()
        assert float(rows.nth(place).locator("b").inner_text().split()[0]) == pytest.approx(100 * probability, abs=1)
        label, percent, rest = re.fullmatch("(.*): (.*)\u00a0% (.*)", verdict.text_content()).groups()
        assert label == ["not sarcastic", "sarcastic"][probability > 0.5]
        assert float(percent) == pytest.approx(100 * max(probability, 1 - probability), abs=1)
        right = round(20 * evaluation["accuracy"].iloc[place])
        assert rest == f"says {name}, right on {right} of 20 unseen headlines"
        texts = words.evaluate_all("all => all.map(word => word.firstChild.data)")
        numbers = [float(x.replace("−", "-")) for x in words.locator("small").all_text_contents()]
        importance = model.word_importance("area man, unheard")
        assert texts == [word for word, _ in importance] == ["area", "man", ",", "unheard"]
        assert numbers == pytest.approx([x for _, x in importance], abs=0.1)
    unknown = page.locator("#words .unknown").evaluate_all("all => all.map(word => word.firstChild.data)")
    assert unknown == [",", "unheard"]
    type_headline(page, " ")
    assert set(rows.locator("b").all_text_contents()) == {""} and words.count() == 0


def test_the_page_opens_with_a_correct_headline_and_keeps_another_one_in_its_address(open_page, small_base):
    page = open_page()
    box, suggested = page.locator("#headline"), page.locator("#suggested button")
    predictions = pd.read_csv(small_base / "data/predictions.csv").set_index("headline")
    probability = predictions[read_json(small_base / "metrics/selected.json")["run"]]
    assert ((probability > 0.5) == predictions["label"])[box.input_value()] and "#" not in page.url
    assert box.input_value() == suggested.first.inner_text()
    suggested.last.click()
    page.wait_for_url("**#headline=*")
    assert (
        page.locator("#status").inner_text().split()
        == page.locator("#verdict").text_content().replace("% says", "%, says").split()
    )
    type_headline(page, 'a b & c = 50 % "é+新"')
    page.wait_for_url("**#headline=a+b*")
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    assert box.input_value() == 'a b & c = 50 % "é+新"'
    page.goto("about:blank")
    page.goto(f"{address.partition('#')[0]}#scores")
    page.locator("#status:not(:empty)").wait_for(state="attached")
    assert page.url.endswith("#scores") and box.input_value() == suggested.first.inner_text()
    page.evaluate("location.hash = '#headline=%FF%'")
    page.wait_for_function("document.querySelector('#headline').value === '\\ufffd%'")


def test_the_words_of_a_headline_from_right_to_left_stay_in_their_order(open_page):
    page = open_page()
    type_headline(page, "رجل محلي يعلن")
    places = page.locator("#words .word").evaluate_all("all => all.map(word => word.getBoundingClientRect().x)")
    assert len(places) == 3 and places == sorted(places, reverse=True)


def test_print_opens_what_is_folded_and_cuts_nothing(open_page):
    page = open_page(width=703)  # 186 mm of A4
    page.locator(".fold").evaluate_all("all => all.forEach(details => { details.open = false; })")
    page.pdf()
    assert page.locator(".fold:not([open])").count() == 0
    page.emulate_media(media="print")
    cut = page.locator(".scroll").evaluate_all("all => all.filter(box => box.scrollWidth > box.clientWidth).length")
    assert cut == 0


def test_models_with_a_layer_that_the_page_does_not_know_are_left_out_by_name(open_page, small_project):
    packed = read_json(small_project / "data/page.json")
    baseline, lstm, stacked, wide = packed["models"]

    def open_report():
        write_json(small_project / "data/page.json", packed)
        run_stage(small_project, "report")
        page = open_page(folder=small_project)
        return page, page.locator("#left-out").inner_text()

    lstm["weights"]["dense.weight"] = lstm["weights"].pop("linear.weight")
    stacked["arguments"]["cell"] = "sru"
    wide["checks"] = [(headline, 1.1 - probability) for headline, probability in wide["checks"]]
    page, left_out = open_report()
    assert left_out.endswith("does not know all of their layers: wide_bi_lstm, lstm, stacked_lstm_dropout.")
    page.locator("#headline").fill("area man")
    assert page.locator("#models label").count() == 1 and page.locator("#words .word").count() == 2

    baseline["tokenizer"] = "other"
    packed["models"].remove(wide)
    page, left_out = open_report()
    assert "tfidf, lstm, stacked_lstm_dropout." in left_out and left_out.endswith("too large: wide_bi_lstm.")
    assert page.locator("#try").is_hidden()


def test_two_variants_side_by_side(open_page):
    page = open_page()  # the order of the variants is tfidf, wide_bi_lstm, lstm, stacked_lstm_dropout
    page.get_by_label("First").select_option("lstm")
    page.get_by_label("Second").select_option("wide_bi_lstm")
    difference, interval = page.locator(".differences tbody tr:nth-child(2) td:nth-child(3)").inner_text().split("\n")
    sentence = f"The accuracy of wide_bi_lstm minus that of lstm is {difference} (95 % interval {interval}): "
    assert page.locator("#difference").text_content().startswith(sentence)
    assert page.locator("#both-curves svg.chart").count() == 2
    only = page.evaluate("data.only_correct[2][1]")
    assert page.locator("#first-only h3").text_content() == f"Only lstm is correct: {only}"
    assert page.locator("#first-only bdi").count() == min(only, 5)
    page.get_by_label("Second").select_option("lstm")
    assert page.locator("#difference").text_content() == "Choose two variants."


def test_a_click_on_a_variant_highlights_it_in_tables_and_charts(open_page):
    page = open_page()
    line = page.locator('#thresholds g[data-variant="lstm"] polyline').first
    colour = "line => getComputedStyle(line).stroke"
    grey = line.evaluate(colour)
    button = page.locator("#scores .sortable").get_by_role("button", name="lstm", exact=True)
    button.click()
    chosen = page.locator(".chosen")
    assert chosen.evaluate_all("all => all.map(element => element.dataset.variant)") == ["lstm"] * chosen.count()
    for place in (
        "#scores tr",
        "#curves figure",
        "#thresholds g",
        "#confusion tr",
        "#sentences td",
        "#disagreements td",
    ):
        assert page.locator(f"{place}.chosen").count() >= 1, place
    assert line.evaluate(colour) == page.locator("#curves figure.chosen polyline").first.evaluate(colour) != grey
    page.keyboard.press("Enter")  # the button has the focus
    assert chosen.count() == 0 and line.evaluate(colour) == grey
