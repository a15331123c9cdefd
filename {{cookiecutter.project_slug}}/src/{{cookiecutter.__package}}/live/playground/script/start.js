// The page's own life: it is filled, asked, and shown.
const cards = globalThis.trustedTypes?.createPolicy("card", { createHTML: (html) => html }) ?? { createHTML: (html) => html };
let model = JSON.parse(byId("data").textContent);
let example = 0;
let asking = 0;
let answered = null;

function open() {
  byId("about").textContent =
    `Ask the model about one row, and see what it answers for “${model.target}”` +
    (model.classes.length ? `: ${model.classes.slice(0, MOST_BARS).join(", ")}.` : ".");
  const levels = (place) => [...new Set(model.examples.map((values) => values[place]).filter(Boolean))].sort();
  controls = model.features.map((feature, place) => fieldOf(feature, place, feature.kind === "category" ? levels(place) : []));
  byId("fields").replaceChildren(...controls.map(({ box }) => box));
  byId("another").hidden = model.examples.length < 2;
  showExample();
  draw(model);
  explainUsual(model);
  showIdentity(model.model);
  byId("desk").hidden = byId("alternatives").hidden = byId("card").hidden = false;
}

function showExample() {
  if (!model.examples.length) {
    byId("origin").textContent = "There is no example with this model: fill in a row of your own.";
    return;
  }
  fill(model.examples[example]);
  byId("origin").textContent = `Example ${example + 1} of ${model.examples.length}: a real row that the model didn't learn from. Change what you like.`;
}

async function ask() {
  const turn = ++asking;
  clearFaults();
  const values = row();
  const wrong = unreadable();
  if (wrong.length) {
    wrong[0].input.focus();
    return;
  }
  const button = byId("row").querySelector("[type=submit]");
  button.setAttribute("aria-busy", "true");
  const began = performance.now();
  try {
    const answer = await (await asked("v1/predict", "row", { rows: [values] })).json();
    if (turn !== asking) return;
    answered = { values: model.features.map(({ name }) => values[name]), version: answer.model.version };
    byId("answer").classList.remove("old");
    showAnswer(model, answer);
    showIdentity(answer.model, performance.now() - began);
    byId("answer").scrollIntoView({ block: "nearest" });
    if (byId("alternatives").open) await showAlternatives(model, answered.values, answered.version);
  } catch (error) {
    if (turn !== asking) return;
    outdate();
    const rest = showFaults(error.fields || []);
    const all = error.fields?.length ? rest.join("; ") : error.message;
    byId("row-fault").textContent = all;
  } finally {
    button.removeAttribute("aria-busy");
  }
}

async function loadCard() {
  const frame = byId("card-frame");
  if (!byId("card").open || !frame.hidden) return;
  byId("card-fault").textContent = "";
  try {
    const html = await (await asked("v1/card", "card")).text();
    frame.srcdoc = cards.createHTML(html.replace("<head>", '<head><base href="about:srcdoc">'));
    frame.hidden = false;
  } catch (error) {
    byId("card-fault").textContent = error.message;
  }
}

// With a key, the page learns what it would have held without one.
async function learn() {
  try {
    model = await (await asked("v1/examples", "examples")).json();
    open();
    listen();
  } catch (error) {
    if (error.status !== 401) byId("about").textContent = error.message;
  }
}

byId("row").addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});
byId("row").addEventListener("input", outdate);
byId("another").addEventListener("click", () => {
  example = (example + 1) % model.examples.length;
  showExample();
  outdate();
});
byId("alternatives").addEventListener("toggle", () => {
  if (!byId("alternatives").open) return;
  if (answered) showAlternatives(model, answered.values, answered.version);
  else ask();
});
byId("card").addEventListener("toggle", loadCard);
byId("key-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const typed = byId("key").value.trim();
  if (!/^[!-~]+$/.test(typed)) return wantKey("A key has only letters, digits and signs without accents, and no spaces.");
  key = typed;
  byId("key-form").hidden = true;
  await (model ? listen() : learn());
  if (!byId("key-form").hidden) byId("key").focus();
  else byId("feature-0").focus();
});

if (model) {
  open();
  listen();
} else {
  learn();
}
