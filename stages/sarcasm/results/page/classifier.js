// The models of the page: tokenizers as in text/tokenizers.py, networks as in network/model.py and the baseline as in
// network/baseline.py. A model is the JSON that stages/prepare_page.py writes, with its weights decoded.

// Python's \s, [^\W_] and \d
const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const LETTER = "\\p{L}\\p{N}";
const TOKEN = new RegExp(
  `n't|[${LETTER}]+?(?=n't)|'(?:s|re|ve|ll|d|m)(?![${LETTER}_])|[${LETTER}]+|[^${LETTER}_${SPACE}]|_`, "gu",
);
const SPACES = new RegExp(`[${SPACE}]+`, "u");
const SEPARATED = /[,.\-/]/g;
const PUNCTUATION = /[!-/:-@[-`{-~]/g;
const MARKUP = /<|&[#a-zA-Z]/;
const [UNPARSED_LENGTH, UNPARSED_MARKS, COMPOSED_LENGTH] = [250, 8, 500];
const [PAD, UNKNOWN] = [0, 1];

function stripMarkup(text) {
  if ([...text].length > UNPARSED_LENGTH && text.match(/[<&]/g).length > UNPARSED_MARKS) return text;
  const page = new DOMParser().parseFromString(text, "text/html").documentElement;
  page.querySelectorAll("script, style, template").forEach((element) => element.remove());
  return page.textContent;
}

function compose(text) {
  const characters = [...text];
  const starts = Array.from({ length: Math.ceil(characters.length / COMPOSED_LENGTH) }, (_, i) => i * COMPOSED_LENGTH);
  return starts.map((start) => characters.slice(start, start + COMPOSED_LENGTH).join("").normalize("NFC")).join("");
}

function stripped(headline) {
  let text = headline.toLowerCase();
  if (MARKUP.test(text)) text = stripMarkup(text.replace(SEPARATED, " $& ")).replace(PUNCTUATION, "");
  return text.replace(SEPARATED, " ").replace(PUNCTUATION, "").split(SPACES).filter(Boolean);
}

const TOKENIZERS = {
  stripped,
  glove: (headline) => stripped(headline).map((word) => word.replace(/\p{Nd}/gu, "0")),
  full(headline) {
    const text = MARKUP.test(headline) ? stripMarkup(headline) : headline;
    return compose(text).toLowerCase().replaceAll("’", "'").match(TOKEN) ?? [];
  },
};

// Weights are float16, in base64.
function decode(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 2 }, (_, i) => fromHalf(view.getUint16(2 * i, true)));
}

function fromHalf(bits) {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const size = exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction / 2 ** 24;
  return bits >> 15 ? -size : size;
}

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

// weight: (outputs, inputs), as in torch's Linear
function linear(weight, bias, x) {
  const result = Float64Array.from(bias);
  for (let output = 0, at = 0; output < result.length; output++) {
    for (let i = 0; i < x.length; i++, at++) result[output] += weight[at] * x[i];
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
    const [update, candidate] = [h.length, 2 * h.length];
    return {
      h: h.map((value, i) => {
        const reset = sigmoid(a[i] + b[i]);
        const kept = sigmoid(a[update + i] + b[update + i]);
        return (1 - kept) * Math.tanh(a[candidate + i] + reset * b[candidate + i]) + kept * value;
      }),
      c,
    };
  },
  rnn: (a, b, { c }) => ({ h: a.map((value, i) => Math.tanh(value + b[i])), c }),
};

// Return the state after each step of one direction of a layer; `name` is torch's suffix of its weights.
function direction({ network, weights }, name, steps) {
  const [inputs, states, inputBias, stateBias] = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map(
    (kind) => weights[`recurrent.${kind}_${name}`],
  );
  let state = { h: new Float64Array(network.hidden_size), c: new Float64Array(network.hidden_size) };
  return steps.map((x) => {
    state = CELLS[network.cell](linear(inputs, inputBias, x), linear(states, stateBias, state.h), state);
    return state.h;
  });
}

function recurrentLayer(model, layer, steps) {
  const forward = direction(model, `l${layer}`, steps);
  if (!model.network.bidirectional) return forward;
  const backward = direction(model, `l${layer}_reverse`, [...steps].reverse()).reverse();
  return forward.map((h, time) => Float64Array.of(...h, ...backward[time]));
}

function widePath(weights, buckets, ids) {
  const hash = (left, right) => {
    const mixed = BigInt(left) * 2654435761n + BigInt(right) * 40503n;
    return Number((mixed ^ (mixed >> 16n)) % BigInt(buckets));
  };
  const words = ids.filter((id) => id !== PAD);
  const pairs = [PAD, ...words].map((left, i) => hash(left, words[i] ?? PAD));
  const hashes = words.length ? [...words.map((id) => hash(id, -1)), ...pairs] : [];
  return hashes.reduce((sum, at) => sum + weights[at], 0) / Math.sqrt(Math.max(words.length, 1));
}

function networkLogit(model, ids) {
  const { network, weights, max_length, bucketed } = model;
  const length = bucketed ? Math.max(ids.length, 1) : max_length;
  const padded = [...ids.slice(0, max_length), ...Array(Math.max(length - ids.length, 0)).fill(PAD)];
  const row = (table, size, id) => table.subarray(id * size, (id + 1) * size);
  let steps = padded.map((id) => row(weights["embedding.weight"], network.embedding_dimension, id));
  if (network.extra_dimension) {
    const extra = (id) => row(weights["extra_embedding.weight"], network.extra_dimension, id);
    steps = steps.map((x, time) => Float64Array.of(...x, ...extra(padded[time])));
  }
  for (let layer = 0; layer < network.layers; layer++) steps = recurrentLayer(model, layer, steps);
  const mean = Float64Array.from(steps[0], (_, i) => steps.reduce((sum, x) => sum + x[i], 0) / steps.length);
  const hidden = linear(weights["linear.weight"], weights["linear.bias"], mean).map((x) => Math.max(x, 0));
  const [logit] = linear(weights["output.weight"], weights["output.bias"], hidden);
  return logit + (network.wide ? widePath(weights["wide.weights.weight"], network.wide.buckets, padded) : 0);
}

function baselineLogit({ weights, rows, ngrams }, words) {
  const counts = new Map();
  for (let size = 1; size <= ngrams; size++) {
    for (let start = 0; start + size <= words.length; start++) {
      const row = rows.get(words.slice(start, start + size).join(" "));
      if (row !== undefined) counts.set(row, (counts.get(row) ?? 0) + 1);
    }
  }
  let [score, squares] = [0, 0];
  for (const [row, count] of counts) {
    const value = count * weights.idf[row];
    score += value * weights.coefficients[row];
    squares += value * value;
  }
  return weights.intercept[0] + (squares ? score / Math.sqrt(squares) : 0);
}

// Decode a model in place; `vocabularies` and `stopWords` are shared by all models.
function loadModel(model, vocabularies, stopWords) {
  const words = model.features ?? vocabularies[model.vocabulary];
  const weights = Object.fromEntries(Object.entries(model.weights).map(([name, data]) => [name, decode(data)]));
  const dropped = model.tokenizer === "full" ? [] : stopWords;
  return { ...model, weights, stopWords: new Set(dropped), rows: new Map(words.map((word, row) => [word, row])) };
}

function tokenize(model, headline) {
  const words = TOKENIZERS[model.tokenizer](headline.replaceAll("\0", " "));
  return words.filter((word) => !model.stopWords.has(word));
}

// The log-odds of the positive class.
function logit(model, words) {
  return model.features ? baselineLogit(model, words) : networkLogit(model, words.map((w) => model.rows.get(w) ?? UNKNOWN));
}

// Each word that the model reads, whether it is known, and the log-odds minus the log-odds without it.
function explain(model, words) {
  const whole = logit(model, words);
  return words.slice(0, model.max_length).map((word, i) => ({
    word, known: model.rows.has(word), importance: whole - logit(model, words.toSpliced(i, 1)),
  }));
}
