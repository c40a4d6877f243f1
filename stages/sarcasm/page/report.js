const $ = (selector) => document.querySelector(selector);
const data = JSON.parse($("#data").textContent);
const variants = Object.keys(data.colour);

function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

// Long sections are closed on a phone.
document.querySelectorAll(".fold").forEach((details) => { details.open = !matchMedia("(max-width: 40rem)").matches; });

// Headings of sortable tables become buttons: the better end first, then the other; what is missing stays last.
for (const table of document.querySelectorAll(".sortable")) {
  const headers = [...table.tHead.rows[0].cells];
  headers.forEach((header, column) => {
    const { better } = header.dataset;
    const value = (row) => row.cells[column].dataset.value;
    const button = make("button", { type: "button" }, ...header.childNodes);
    header.append(button);
    header.ariaSort = "none";
    button.addEventListener("click", () => {
      const ascending = header.ariaSort === "none" ? better !== "high" : header.ariaSort === "descending";
      headers.forEach((other) => { other.ariaSort = "none"; });
      header.ariaSort = ascending ? "ascending" : "descending";
      const compare = better ? (a, b) => a - b : (a, b) => a.localeCompare(b);
      const order = (a, b) => !value(a) - !value(b) || (ascending ? 1 : -1) * compare(value(a), value(b));
      table.tBodies[0].append(...[...table.tBodies[0].rows].sort(order));
    });
  });
}

// Every model classifies the headline in the box with each key; the words are those of the chosen model. A model of
// which classifier.js does not know a layer gives other probabilities than Python, and is left out.
const loaded = data.models.map((model) => loadModel(model, data.vocabularies, data.stop_words));
const models = loaded.filter(agrees);
const unknown = loaded.filter((model) => !models.includes(model)).map((model) => model.variant);
const large = variants.filter((name) => !loaded.some((model) => model.variant === name));
const omit = (names, reason) => names.length ? `Not classified here, as ${reason}: ${names.join(", ")}. ` : "";
$("#left-out").textContent = omit(unknown, "this page does not know all of their layers") + omit(large, "it would make this page too large");

// A word, tinted by the probability that its log-odds alone would give.
function tinted({ word, known, importance }) {
  const title = `${importance < 0 ? "" : "+"}${importance.toFixed(2)} log-odds${known ? "" : ", not in the vocabulary"}`;
  const element = make("span", { className: known ? "word" : "word unknown", textContent: word, title });
  element.style.setProperty("--p", sigmoid(importance).toFixed(3));
  return element;
}

if (models.length) {
  const box = $("#headline");
  const rows = models.map((model) => {
    const [bar, percent] = [make("i"), make("output")];
    const choice = make("input", { type: "radio", name: "model" });
    const label = make("label", {}, choice, make("span", { textContent: model.variant }),
      make("span", { className: "bar", ariaHidden: true }, bar), percent);
    label.style.setProperty("--variant", data.colour[model.variant]);
    choice.addEventListener("change", () => classify());
    return { model, bar, percent, choice, label };
  });

  const classify = () => {
    const empty = !box.value.trim();
    for (const { model, bar, percent, choice } of rows) {
      const words = tokenize(model, box.value);
      const probability = sigmoid(logit(model, words));
      bar.style.width = empty ? 0 : `${(100 * probability).toFixed(1)}%`;
      percent.textContent = empty ? "" : probability.toFixed(3);
      if (choice.checked) $("#words").replaceChildren(...explain(model, words).flatMap((word) => [tinted(word), " "]));
    }
  };

  $("#models").append(...rows.map(({ label }) => label));
  (rows.find(({ model }) => model.variant === data.selected) ?? rows[0]).choice.checked = true;
  box.addEventListener("input", classify);
  classify();
  $("#try").hidden = false;
}

// Two variants side by side: their differences are those of the table, their charts have the same axes.
const [first, second] = [$("#first"), $("#second")];

function listed(right, wrong) {
  const correct = ([, label, probabilities], variant) => (probabilities[variant] > 0.5) === (label === 1);
  const found = data.headlines.filter((row) => correct(row, right) && !correct(row, wrong)).slice(0, 5);
  return [
    make("h3", { textContent: `Only ${variants[right]} is correct: ${data.only_correct[right][wrong]}` }),
    make("ul", {}, ...found.map(([text, label]) => make("li", {}, make("bdi", { textContent: text }), ` (${data.classes[label]})`))),
  ];
}

function compare() {
  const [one, other] = [first.selectedIndex, second.selectedIndex];
  const [low, high] = one < other ? [one, other] : [other, one];
  const cell = $(".differences tbody").rows[high - 1]?.cells[low + 1];
  const significant = cell?.className ? "significant" : "not significant";
  $("#difference").textContent = one === other ? "Choose two variants."
    : `The accuracy of ${variants[high]} minus that of ${variants[low]} is ${cell.textContent} (95% interval ${cell.title}): ${significant}.`;
  const charts = [one, other].map((variant) => $(`#history-${variants[variant]}-title`)?.parentNode.cloneNode(true));
  const drawn = one === other ? [] : charts.filter(Boolean);
  drawn.forEach((chart) => chart.querySelectorAll("title, desc").forEach((element) => element.remove()));
  $("#both-curves").replaceChildren(...drawn);
  $("#first-only").replaceChildren(...(one === other ? [] : listed(one, other)));
  $("#second-only").replaceChildren(...(one === other ? [] : listed(other, one)));
}

for (const select of [first, second]) {
  select.append(...variants.map((variant) => make("option", { textContent: variant })));
  select.addEventListener("change", compare);
}
second.value = data.selected === variants[0] ? variants[1] : data.selected;
compare();
$("#compare").hidden = false;
