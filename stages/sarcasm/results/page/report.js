const $ = (selector) => document.querySelector(selector);
const data = JSON.parse($("#data").textContent);
const narrow = matchMedia("(max-width: 40rem)").matches;

function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

// A word, tinted by the probability that its log-odds alone would give.
function tinted({ word, known, importance }) {
  const element = make("span", { className: "word", textContent: word });
  element.style.setProperty("--p", sigmoid(importance).toFixed(3));
  element.title = `${importance < 0 ? "" : "+"}${importance.toFixed(2)} log-odds`;
  if (!known) {
    element.classList.add("unknown");
    element.title += ", not in the vocabulary";
  }
  return element;
}

// Headings of sortable tables become buttons: the better end first, then the other; what is not there stays last.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const headers = [...table.tHead.rows[0].cells];

  const sort = (column, better, direction) => {
    const value = (row) => row.cells[column].dataset.value;
    const compare = better ? (a, b) => a - b : (a, b) => a.localeCompare(b);
    const order = (a, b) => (!value(a) - !value(b)) || direction * compare(value(a), value(b));
    body.append(...[...body.rows].sort(order));
  };

  headers.forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    header.append(button);
    header.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => {
      const { better } = header.dataset;
      const sorted = header.getAttribute("aria-sort");
      const ascending = sorted === "none" ? better !== "high" : sorted === "descending";
      headers.forEach((other) => other.setAttribute("aria-sort", "none"));
      header.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      sort(column, better, ascending ? 1 : -1);
    });
  });
}

// Long sections are closed on a phone.
if (narrow) document.querySelectorAll("details.fold").forEach((details) => { details.open = false; });

// Every model classifies the headline in the box with each key; the words are those of the chosen model.
if (data.models.length) {
  const models = data.models.map((model) => loadModel(model, data.vocabularies, data.stop_words));
  const [box, words] = [$("#headline"), $("#words")];
  const rows = models.map((model) => {
    const bar = make("i");
    const percent = make("output");
    const choice = make("input", { type: "radio", name: "model" });
    const label = make("label", {}, choice, make("span", { className: "name", textContent: model.variant }),
      make("span", { className: "bar", ariaHidden: true }, bar), percent);
    const scores = $(`[data-variant="${CSS.escape(model.variant)}"]`);
    label.style.setProperty("--variant", scores.style.getPropertyValue("--variant"));
    choice.addEventListener("change", () => classify());
    return { model, bar, percent, choice, label };
  });

  const classify = () => {
    const empty = !box.value.trim();
    for (const { model, bar, percent, choice } of rows) {
      const tokens = tokenize(model, box.value);
      const probability = sigmoid(logit(model, tokens));
      bar.style.width = empty ? 0 : `${(100 * probability).toFixed(1)}%`;
      percent.textContent = empty ? "" : probability.toFixed(3);
      if (choice.checked) words.replaceChildren(...explain(model, tokens).flatMap((word) => [tinted(word), " "]));
    }
  };

  $("#models").append(...rows.map(({ label }) => label));
  rows.find(({ model }) => model.variant === data.chosen).choice.checked = true;
  box.addEventListener("input", classify);
  classify();
  $("#try").hidden = false;
}

// Two variants side by side.
if (data.variants.length > 1) {
  const [first, second] = [$("#first"), $("#second")];
  const number = (select) => data.variants.indexOf(select.value);

  // The charts of all variants have the same axes, so that one can lie on the other.
  const chart = (variant) => {
    const svg = $(`#history-${CSS.escape(variant)}-title`)?.parentNode.cloneNode(true);
    svg?.querySelectorAll("title, desc").forEach((element) => element.remove());
    [svg, ...svg?.querySelectorAll("[id]") ?? []].forEach((element) => element?.removeAttribute("id"));
    svg?.removeAttribute("aria-labelledby");
    svg?.setAttribute("aria-hidden", "true");
    return svg ?? "";
  };

  const listed = (right, wrong) => {
    const correct = ([, label, probabilities], variant) => (probabilities[variant] > 0.5) === (label === 1);
    const found = data.headlines.filter((row) => correct(row, right) && !correct(row, wrong));
    const count = data.only_correct[right][wrong];
    const item = ([text, label]) => make("li", {}, make("bdi", { textContent: text }), ` (${data.classes[label]})`);
    return [
      make("h3", { textContent: `Only ${data.variants[right]} is correct: ${count}` }),
      make("ul", {}, ...found.slice(0, 5).map(item)),
    ];
  };

  const compare = () => {
    const [one, other] = [number(first), number(second)];
    const [low, high] = one < other ? [one, other] : [other, one];
    const cell = $(".differences tbody").rows[high - 1]?.cells[low + 1];
    const sentence = cell?.textContent
      ? `The accuracy of ${data.variants[high]} minus that of ${data.variants[low]} is ${cell.textContent} `
        + `(95% interval ${cell.title}): ${cell.querySelector("b") ? "more than" : "within"} chance.`
      : "Choose two variants.";
    $("#difference").textContent = sentence;
    $("#both-curves").replaceChildren(...(one === other ? [] : [chart(first.value), chart(second.value)]));
    $("#first-only").replaceChildren(...(one === other ? [] : listed(one, other)));
    $("#second-only").replaceChildren(...(one === other ? [] : listed(other, one)));
  };

  for (const select of [first, second]) {
    select.append(...data.variants.map((variant) => make("option", { textContent: variant })));
    select.addEventListener("change", compare);
  }
  first.value = data.variants[0];
  second.value = $("tr.selected").dataset.variant === first.value ? data.variants[1] : $("tr.selected").dataset.variant;
  compare();
  $("#compare").hidden = false;
}
