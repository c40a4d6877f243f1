// The models of the page: tokenizers as in tokenizers.py, networks as in model.py, and the baseline as in baseline.py.
// A model is what stages/evaluate.py writes, with its weights decoded.

// Python's \s and [^\W_]
const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const LETTER = "\\p{L}\\p{N}";
const MARK = "(?:(?![\\u0300-\\u0306\\u0308-\\u036f])\\p{M}|[\\u200c\\u200d])";
const TOKEN = new RegExp(
  `[${LETTER}]+(?:${MARK}[${LETTER}]*)*(?!'t(?<=n't))|n't|'(?:s|re|ve|ll|d|m)(?![${LETTER}_]|${MARK})` +
  `|[^${LETTER}_${SPACE}]${MARK}*|_`, "gu",
);
const SPACES = new RegExp(`[${SPACE}]+`, "u");
const PUNCTUATION = /[!-/:-@[-`{-~]/g;
const [UNPARSED_LENGTH, UNPARSED_MARKS, PAD, UNKNOWN] = [250, 8, 0, 1];

function stripMarkup(text) {
  if (!/<|&[#a-zA-Z]/.test(text)) return text;
  if ([...text].length > UNPARSED_LENGTH && text.match(/[<&]/g).length > UNPARSED_MARKS) return text;
  const page = new DOMParser().parseFromString(text, "text/html").documentElement;
  page.querySelectorAll("script, style, template").forEach((element) => element.remove());
  return page.textContent;
}

function stripped(headline, stopWords) {
  const text = stripMarkup(headline.toLowerCase().replace(/[,.\-/]/g, " $& ")).replace(PUNCTUATION, "");
  return text.split(SPACES).filter((word) => word && !stopWords.has(word));
}

const TOKENIZERS = {
  stripped,
  glove: (headline, stopWords) => stripped(headline, stopWords).map((word) => word.replace(/\p{Nd}/gu, "0")),
  full: (headline) => stripMarkup(headline).normalize("NFC").toLowerCase().replaceAll("’", "'").match(TOKEN) ?? [],
};

// Weights are packed by evaluate.py: integers and a scale for each row, or float16, perhaps only those that are not 0.
function unpack({ int8, scale, float16, at, size }) {
  if (int8) {
    const [integers, scales] = [new Int8Array(bytes(int8)), new Float32Array(bytes(scale))];
    const columns = integers.length / scales.length;
    return Float32Array.from(integers, (value, i) => value * scales[Math.floor(i / columns)]);
  }
  const values = Float32Array.from(new Uint16Array(bytes(float16)), fromHalf);
  if (size === undefined) return values;
  const all = new Float32Array(size);
  new Uint32Array(bytes(at)).forEach((place, i) => { all[place] = values[i]; });
  return all;
}

const bytes = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)).buffer;

function fromHalf(bits) {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const size = exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction / 2 ** 24;
  return bits >> 15 ? -size : size;
}

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

// weight: (outputs, inputs), as in torch's Linear. Four sums in turn are three times as fast as one.
function linear(weight, bias, x) {
  const [result, inputs] = [new Float64Array(bias.length), x.length];
  for (let output = 0, at = 0; output < result.length; output++) {
    let [a, b, c, d, i] = [bias[output], 0, 0, 0, 0];
    for (; i + 3 < inputs; i += 4, at += 4) {
      a += weight[at] * x[i];
      b += weight[at + 1] * x[i + 1];
      c += weight[at + 2] * x[i + 2];
      d += weight[at + 3] * x[i + 3];
    }
    for (; i < inputs; i++, at++) a += weight[at] * x[i];
    result[output] = a + b + c + d;
  }
  return result;
}

// One step of a cell: a and b are the linear maps of the input and of the state, gate after gate, as in torch.
const CELLS = {
  lstm(a, b, { h, c }) {
    const gate = (number, i) => a[number * h.length + i] + b[number * h.length + i];
    const cell = c.map((value, i) => sigmoid(gate(1, i)) * value + sigmoid(gate(0, i)) * Math.tanh(gate(2, i)));
    return { h: cell.map((value, i) => sigmoid(gate(3, i)) * Math.tanh(value)), c: cell };
  },
  gru(a, b, { h, c }) {
    const next = h.map((value, i) => {
      const [update, candidate] = [h.length + i, 2 * h.length + i];
      const [reset, kept] = [sigmoid(a[i] + b[i]), sigmoid(a[update] + b[update])];
      return (1 - kept) * Math.tanh(a[candidate] + reset * b[candidate]) + kept * value;
    });
    return { h: next, c };
  },
  rnn: (a, b, { c }) => ({ h: a.map((value, i) => Math.tanh(value + b[i])), c }),
};

// The linear map of an input, computed once: the same words come in many headlines.
function mapInput({ weights, maps }, name, x) {
  const known = (maps[name] ??= new WeakMap());
  if (!known.has(x)) known.set(x, linear(weights[`recurrent.weight_ih_${name}`], weights[`recurrent.bias_ih_${name}`], x));
  return known.get(x);
}

// Return the outputs after each step of one direction of a layer; `name` is torch's suffix of its weights. `trace` gets its
// inputs and states. Those of `before`, of another headline, are kept up to the first input that is another object.
function direction(model, name, steps, before, trace) {
  const { arguments: { cell, hidden_size }, weights } = model;
  const [weight, bias] = [weights[`recurrent.weight_hh_${name}`], weights[`recurrent.bias_hh_${name}`]];
  const changed = before[name] ? steps.findIndex((x, time) => x !== before[name].steps[time]) : 0;
  const states = changed ? before[name].states.slice(0, changed < 0 ? steps.length : changed) : [];
  let state = states.at(-1) ?? { h: new Float64Array(hidden_size), c: new Float64Array(hidden_size) };
  for (const x of steps.slice(states.length)) {
    state = CELLS[cell](mapInput(model, name, x), linear(weight, bias, state.h), state);
    states.push(state);
  }
  trace[name] = { steps, states };
  return states.map(({ h }) => h);
}

function recurrentLayer(model, layer, steps, before, trace) {
  const forward = direction(model, `l${layer}`, steps, before, trace);
  if (!model.arguments.bidirectional) return forward;
  const backward = direction(model, `l${layer}_reverse`, steps.toReversed(), before, trace).reverse();
  return forward.map((h, time) => {
    const both = new Float64Array(2 * h.length);
    both.set(h);
    both.set(backward[time], h.length);
    return both;
  });
}

function widePath(weights, ids) {
  const pairs = ids.slice(1).map((right, i) => (right === PAD ? PAD : ids[i] * 31337 + right));
  return [...ids, ...pairs].reduce((sum, key) => sum + weights[key % weights.length], 0);
}

// The ids of at most `limit` words, with padding if the network was trained so.
function pad({ bucketed }, ids, limit) {
  const length = bucketed ? Math.max(ids.length, 1) : limit;
  return [...ids, ...Array(Math.max(length - ids.length, 0)).fill(PAD)].slice(0, limit);
}

function networkLogit(model, ids, before = {}, trace = {}) {
  const { arguments: { embedding_dimension: size, layers, wide }, weights, rows } = model;
  let steps = ids.map((id) => (rows[id] ??= weights["embedding.weight"].subarray(id * size, (id + 1) * size)));
  for (let layer = 0; layer < layers; layer++) steps = recurrentLayer(model, layer, steps, before, trace);
  const mean = Float64Array.from(steps[0], (_, i) => steps.reduce((sum, x) => sum + x[i], 0) / steps.length);
  const hidden = linear(weights["linear.weight"], weights["linear.bias"], mean).map((x) => Math.max(x, 0));
  const [logit] = linear(weights["output.weight"], weights["output.bias"], hidden);
  return logit + (wide ? widePath(weights["wide.weight"], ids) : 0);
}

function baselineLogit({ weights, ids, ngrams }, words) {
  const counts = new Map();
  for (let size = 1; size <= ngrams; size++) {
    for (let start = 0; start + size <= words.length; start++) {
      const id = ids.get(words.slice(start, start + size).join(" "));
      if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
  }
  let [score, squares] = [0, 0];
  for (const [id, count] of counts) {
    const value = count * weights.idf[id];
    score += value * weights.coefficients[id];
    squares += value * value;
  }
  return weights.intercept[0] + (squares ? score / Math.sqrt(squares) : 0);
}

// Decode the models and the vocabularies and weights that they share.
function loadModels({ models, shared, stop_words }) {
  const decoded = shared.map((part) => Array.isArray(part) ? new Map(part.map((word, id) => [word, id])) : unpack(part));
  const stopWords = new Set(stop_words);
  return models.map((model) => {
    const weights = Object.fromEntries(Object.entries(model.weights).map(([name, place]) => [name, decoded[place]]));
    return { ...model, weights, ids: decoded[model.vocabulary], stopWords, maps: {}, rows: [] };
  });
}

// Whether the model gives the probabilities that it has in Python: not if it has a layer that is not known here.
function agrees(model) {
  const found = (headline) => sigmoid(logit(model, tokenize(model, headline)));
  try { return model.checks.every(([headline, probability]) => Math.abs(found(headline) - probability) < 0.03); }
  catch { return false; }
}

const tokenize = (model, headline) => TOKENIZERS[model.tokenizer](headline, model.stopWords);

const encode = (model, words) => words.map((word) => model.ids.get(word) ?? UNKNOWN);

// The log-odds of the positive class.
function logit(model, words) {
  return model.ngrams ? baselineLogit(model, words) : networkLogit(model, pad(model, encode(model, words), model.max_length));
}

// Yield each word that the model reads, whether it is known, and the log-odds minus the log-odds without it.
function* explain(model, words) {
  const { max_length, ngrams } = model;
  const whole = logit(model, words);
  let without = (i) => logit(model, words.toSpliced(i, 1));
  if (!ngrams) {  // states before the word that is left out, and in the other direction after it, stay as they are
    const trace = {};
    const ids = pad(model, encode(model, words), max_length + 1);  // one word more, which moves up
    networkLogit(model, ids, {}, trace);
    without = (i) => networkLogit(model, pad(model, ids.toSpliced(i, 1), max_length), trace);
  }
  for (const [i, word] of words.slice(0, max_length).entries()) {
    yield { word, known: model.ids.has(word), importance: whole - without(i) };
  }
}
