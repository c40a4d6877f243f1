const $ = (selector) => document.querySelector(selector);
const data = JSON.parse($("#data").textContent);
const variants = Object.keys(data.colour);

function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

const say = (text) => { $("#status").textContent = text; };  // for a screen reader

// Long sections are closed on a phone, and open in print.
document.querySelectorAll(".fold").forEach((details) => { details.open = !matchMedia("(max-width: 40rem)").matches; });
addEventListener("beforeprint", () => document.querySelectorAll(".fold").forEach((details) => { details.open = true; }));

// Tables with many columns show the first ones, and a button for all.
for (const table of document.querySelectorAll(".few")) {
  const { cells } = table.tHead.rows[0];
  if ([...cells].every((cell) => getComputedStyle(cell).display !== "none")) continue;
  const button = make("button", { type: "button", className: "all", textContent: `All ${cells.length} columns`, ariaPressed: "false" });
  button.addEventListener("click", () => { button.ariaPressed = String(!table.classList.toggle("few")); });
  table.parentNode.before(button);
}

// A click on the name of a variant highlights it in all tables and charts, a second click ends that.
function highlight(variant) {
  for (const element of document.querySelectorAll("[data-variant]")) {
    const chosen = element.dataset.variant === variant;
    element.classList.toggle("chosen", chosen);
    if (element.matches("button")) element.ariaPressed = String(chosen);
    if (chosen && element.matches("g")) element.parentNode.append(element);  // above the other curves
  }
}
document.addEventListener("click", ({ target }) => {
  const button = target.closest("button[data-variant]");
  if (button) highlight(button.matches(".chosen") ? null : button.dataset.variant);
});

// Headings of sortable tables become buttons: the better end first, then the other; what is missing stays last.
for (const table of document.querySelectorAll(".sortable")) {
  const headers = [...table.tHead.rows[0].cells];
  headers.forEach((header, column) => {
    const { better } = header.dataset;
    const value = (row) => row.cells[column].dataset.value;
    const button = make("button", { type: "button" }, ...header.childNodes);
    header.append(button);
    header.ariaSort ??= "none";
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

// A model of which classifier.js does not know a layer gives other probabilities than Python, and is left out.
const loaded = loadModels(data);
const models = loaded.filter(agrees);
const unknown = loaded.filter((model) => !models.includes(model)).map((model) => model.variant);
const large = variants.filter((name) => !loaded.some((model) => model.variant === name));
const omit = (names, reason) => names.length ? `Not classified here, as ${reason}: ${names.join(", ")}. ` : "";
$("#left-out").textContent = omit(unknown, "this page does not know all of their layers") + omit(large, "it would make this page too large");

// Every model classifies the headline in the box with each key; the verdict and the words are those of the chosen model.
function showTry() {
  const box = $("#headline");
  const rows = models.map((model) => {
    const [bar, number, choice] = [make("i"), make("b"), make("input", { type: "radio", name: "model" })];
    const name = model.variant.split(/(?<=_)/).flatMap((part) => [part, make("wbr")]);
    const label = make("label", {}, choice, make("span", {}, ...name), make("span", { className: "bar" }, bar), number);
    label.style.setProperty("--variant", data.colour[model.variant]);
    choice.addEventListener("change", () => { highlight(model.variant); classify(); });
    return { model, bar, number, choice, label };
  });
  const percent = (probability) => `${(100 * probability).toFixed(1)}\u00a0%`;
  let [turn, pause, addressed] = [0, 0, data.suggested[0]];

  // In turns of some milliseconds, between which the browser handles keys; the next key ends it.
  async function classify() {
    const mine = ++turn;
    let end = performance.now() + 10;
    async function stopped() {
      if (performance.now() > end) {
        await new Promise((resolve) => setTimeout(resolve));
        end = performance.now() + 10;
      }
      return mine !== turn;
    }

    const empty = !box.value.trim();
    const chosen = rows.find(({ choice }) => choice.checked);
    const words = empty ? [] : tokenize(chosen.model, box.value);
    const shown = words.slice(0, chosen.model.max_length).map((word) => make("span", { className: "word", textContent: word }));
    $("#words").ariaBusy = "true";
    $("#words").replaceChildren(...shown.flatMap((element) => [element, " "]));
    for (const row of [chosen, ...rows.filter((other) => other !== chosen)]) {
      const probability = empty ? 0.5 : sigmoid(logit(row.model, tokenize(row.model, box.value)));
      row.bar.style.left = `${100 * Math.min(probability, 0.5)}%`;
      row.bar.style.width = `${100 * Math.abs(probability - 0.5)}%`;
      row.number.textContent = empty ? "" : percent(probability);
      if (row === chosen) showVerdict(row.model, probability, empty);
      if (await stopped()) return;
    }
    let place = 0;
    for (const { known, importance } of explain(chosen.model, words)) {
      const element = shown[place++];
      element.classList.toggle("unknown", !known);
      element.style.setProperty("--p", sigmoid(importance).toFixed(3));
      element.append(make("small", { dir: "ltr", textContent: signed(importance) }));
      if (await stopped()) return;
    }
    $("#words").ariaBusy = "false";
  }

  const signed = (x) => `${Math.abs(x) < 0.05 ? "" : x < 0 ? "−" : "+"}${Math.abs(x).toFixed(1)}`;

  function showVerdict(model, probability, empty) {
    const side = Number(probability > 0.5);
    const sure = `: ${percent(side ? probability : 1 - probability)}`;
    const source = empty ? "Type a headline, or click on one." : `says ${model.variant}, right on ${model.right} of ${data.counted}`;
    $("#verdict strong").replaceChildren(...(empty ? [] : [make("bdi", { textContent: data.classes[side] }), sure]));
    $("#verdict span").textContent = source;
    clearTimeout(pause);
    pause = setTimeout(() => {
      say(empty ? "" : `${data.classes[side]}${sure}, ${source}`);
      if (box.value !== addressed) history.replaceState(null, "", `#${new URLSearchParams({ headline: box.value })}`);
      addressed = box.value;
    }, 500);
  }

  function show(headline) {
    box.value = headline;
    classify();
  }

  function showAddress() {
    const headline = new URLSearchParams(location.hash.slice(1)).get("headline");
    if (headline === null || headline === box.value) return;
    addressed = headline;
    show(headline);
  }

  $("#suggested").append(...data.suggested.map((headline) => {
    const button = make("button", { type: "button", dir: "auto", textContent: headline });
    button.addEventListener("click", () => show(headline));
    return button;
  }));
  $("#models").append(...rows.map(({ label }) => label));
  (rows.find(({ model }) => model.variant === data.selected) ?? rows[0]).choice.checked = true;
  show(data.suggested[0]);
  showAddress();
  addEventListener("hashchange", showAddress);
  box.addEventListener("input", classify);
  $("#try").hidden = false;
}
if (models.length) showTry();

// Two variants side by side: their differences are those of the table, their charts have the same axes.
const [first, second] = [$("#first"), $("#second")];

function listed(right, wrong) {
  const correct = ([, label, probabilities], variant) => (probabilities[variant] > 0.5) === (label === 1);
  const found = data.headlines.filter((row) => correct(row, right) && !correct(row, wrong)).slice(0, 5);
  return [
    make("h3", { textContent: `Only ${variants[right]} is correct: ${data.only_correct[right][wrong]}` }),
    make("ul", {}, ...found.map(([text, label]) => make("li", {}, make("bdi", { textContent: text }), " (", make("bdi", { textContent: data.classes[label] }), ")"))),
  ];
}

function compare() {
  const [one, other] = [first.selectedIndex, second.selectedIndex];
  const [low, high] = one < other ? [one, other] : [other, one];
  const cell = $(".differences tbody").rows[high - 1]?.cells[low + 1];
  const significant = cell?.className ? "significant" : "not significant";
  $("#difference").textContent = one === other ? "Choose two variants."
    : `The accuracy of ${variants[low]} minus that of ${variants[high]} is ${cell.firstChild.textContent.trim()} (95 % interval ${cell.lastChild.textContent}): ${significant}.`;
  const charts = [one, other].map((variant) => $(`#history-${variants[variant]}-title`)?.parentNode.cloneNode(true));
  const drawn = one === other ? [] : charts.filter(Boolean);
  drawn.forEach((chart) => chart.querySelectorAll("title, desc").forEach((element) => element.remove()));
  $("#both-curves").replaceChildren(...drawn);
  $("#first-only").replaceChildren(...(one === other ? [] : listed(one, other)));
  $("#second-only").replaceChildren(...(one === other ? [] : listed(other, one)));
}

for (const select of [first, second]) {
  select.append(...variants.map((variant) => make("option", { textContent: variant })));
  select.addEventListener("change", () => { compare(); say($("#difference").textContent); });
}
[first.value, second.value] = [data.baseline, data.selected === data.baseline ? variants[1] : data.selected];
compare();
$("#compare").hidden = false;
