// What would the answer be if one feature were as it is in other real rows, and the rest as it is?
const FEW = 10;
let shownAll = false;

function alternativesOf(model, values) {
  const others = model.examples.filter((example) => example.some((value, place) => value !== values[place]));
  return others.slice(0, Math.floor((model.most_rows - 1) / model.features.length));
}

function rowsToAsk(model, values, others) {
  const rowOf = (list) => Object.fromEntries(model.features.map(({ name }, place) => [name, list[place]]));
  const changed = model.features.flatMap((_, place) => others.map((other) => rowOf(values.with(place, other[place]))));
  return [rowOf(values), ...changed];
}

// Of two classes the last, of more the one that was answered, and a number as it is.
function outcomesOf(model, answer) {
  if (!answer.probabilities) return { words: model.target, outcomes: answer.predictions };
  const place = model.classes.length === 2 ? 1 : model.classes.indexOf(answer.predictions[0]);
  return { words: `the chance of “${model.classes[place]}”`, outcomes: answer.probabilities.map((row) => row[place]) };
}

function changesOf(model, outcomes, count) {
  const [now, ...rest] = outcomes;
  const changes = model.features.map(({ name }, place) => {
    const found = rest.slice(place * count, (place + 1) * count);
    const moved = mean(found.map((one) => Math.abs(one - now)));
    return { name, place, moved, low: Math.min(...found), high: Math.max(...found), mean: mean(found) };
  });
  return changes.sort((one, other) => other.moved - one.moved);
}

async function showAlternatives(model, values, version) {
  byId("changes-fault").textContent = "";
  const others = alternativesOf(model, values);
  if (others.length < 2) {
    byId("method").textContent = "This can't be told: it takes two other real rows, and room in one request for each feature of them.";
    return;
  }
  try {
    const response = await asked("v1/predict", "alternatives", { rows: rowsToAsk(model, values, others), version });
    const { words, outcomes } = outcomesOf(model, await response.json());
    drawChanges(model, values, outcomes, others.length, words);
    byId("alternatives").classList.remove("old");
  } catch (error) {
    byId("changes-fault").textContent = error.message;
  }
}

function drawChanges(model, values, outcomes, count, words) {
  const said = model.classes.length ? percent : number;
  const changes = changesOf(model, outcomes, count);
  const [low, high] = scaleOf(model, outcomes);
  const share = (one) => (one - low) / (high - low);
  byId("method").textContent =
    `Each line asks about this row again with only that feature as it is in ${count} other real rows: the band is the ` +
    `range of the ${count} answers, the dot their mean, the line this row's own answer (${words}: ${said(outcomes[0])}). ` +
    "This is what the model would answer, not what causes what. Features that go together seldom change alone, so some " +
    "of these rows could hardly exist, and where two features say the same, each alone may seem to matter little.";
  const labels = [low, high].map((one) => element("span", { class: "number" }, said(one)));
  byId("scale").replaceChildren(element("span", { class: "ends" }, ...labels));
  const lines = changes.map((change) => lineOf(change, values[change.place], share, share(outcomes[0]), said));
  const show = () => {
    byId("changes").replaceChildren(...(shownAll ? lines : lines.slice(0, FEW)));
    byId("all").hidden = shownAll || lines.length <= FEW;
  };
  byId("all").onclick = () => {
    shownAll = true;
    show();
    lines[FEW].tabIndex = -1;
    lines[FEW].focus();
  };
  show();
}

// Small differences stay small: the scale is never narrower than a fifth of all there can be, or that is usual.
function scaleOf(model, outcomes) {
  if (!model.classes.length) return ends(outcomes, 0.2 * (Math.max(...model.usual) - Math.min(...model.usual)));
  const [low, high] = ends(outcomes, 0.2);
  const moved = low < 0 ? -low : high > 1 ? 1 - high : 0;
  return [Math.max(0, low + moved), Math.min(1, high + moved)];
}

function inWords(value) {
  if (typeof value === "number") return String(value).length < 9 ? String(value) : number(value);
  const named = new Map([[null, "unknown"], ["", "empty"], [true, "yes"], [false, "no"]]);
  return named.get(value) ?? value;
}

function lineOf(change, value, share, now, said) {
  const strip = element("span", { class: "strip", "aria-hidden": "true" });
  strip.append(placed("band", share(change.low), share(change.high) - share(change.low)));
  strip.append(placed("tick", now), placed("mean", share(change.mean)));
  const name = element("span", { dir: "auto" }, element("b", {}, change.name), ` ${inWords(value)}`);
  const range = change.low === change.high ? "always " + said(change.low)
    : `${said(change.low)} to ${said(change.high)}, on average ${said(change.mean)}`;
  return element("li", {}, name, strip, element("span", { class: "number small" }, range));
}
