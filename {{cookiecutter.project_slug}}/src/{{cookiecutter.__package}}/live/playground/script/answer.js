// The answer as a sentence and as a picture: a bar for each class, or a number among what is usual.
const MOST_BARS = 12;

function showAnswer(model, answer) {
  const chances = answer.probabilities?.[0];
  const strong = element("strong", { dir: "auto" }, chances ? answer.predictions[0] : number(answer.predictions[0]));
  byId("said").replaceChildren(strong, chances ? chancesSaid(model, chances) : `is the answer for ${model.target}.`);
  draw(model, chances, answer.predictions[0]);
}

function chancesSaid(model, chances) {
  const order = ranked(chances).slice(0, MOST_BARS);
  return `${order.map((place) => `${model.classes[place]} ${percent(chances[place])}`).join(", ")}.`;
}

const ranked = (values) => values.map((_, place) => place).sort((one, other) => values[other] - values[one]);

function draw(model, chances, value) {
  byId("picture").replaceChildren(model.classes.length ? bars(model, chances) : position(model, value));
}

function bars(model, chances) {
  const places = model.classes.map((_, place) => place);
  const shown = places.length > MOST_BARS && chances ? ranked(chances) : places;
  const lines = shown.slice(0, MOST_BARS).map((place) => {
    const track = element("span", { class: "track" });
    if (chances) track.append(placed("fill", 0, chances[place]));
    if (model.usual.length) track.append(placed("tick", model.usual[place]));
    const said = chances ? percent(chances[place]) : "–";
    return element("li", {}, element("span", { dir: "auto" }, model.classes[place]), element("span", { class: "number" }, said), track);
  });
  return element("ul", { class: "bars" }, ...lines);
}

function position(model, value) {
  const known = [...model.usual, ...(value === undefined ? [] : [value])];
  const track = element("div", { class: "track" });
  if (!known.length) return track;
  const [low, high] = ends(known);
  const share = (one) => (one - low) / (high - low);
  track.append(...model.usual.map((one) => placed("tick", share(one))));
  if (value !== undefined) track.append(placed("mark", share(value)));
  const labels = [low, high].map((one) => element("span", { class: "number" }, number(one)));
  return element("div", {}, track, element("div", { class: "ends small" }, ...labels));
}

// The ends of a scale that holds these values with room on both sides.
function ends(values, least = 0) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const room = Math.max(0.04 * (high - low), (least - (high - low)) / 2) || 0.5;
  return [low - room, high + room];
}

function explainUsual(model) {
  if (!model.usual.length) return;
  byId("usual").textContent = model.classes.length
    ? `The narrow lines mark the average over ${counted(model.golden, "real row")}.`
    : `The narrow lines mark the answers for ${counted(model.golden, "real row")}, half of them below ${number(
        model.usual[Math.floor(model.usual.length / 2)],
      )}.`;
}

function showIdentity({ name, version, variant, sha256 }, milliseconds) {
  const took = milliseconds === undefined ? "" : ` · ${Math.max(1, Math.round(milliseconds))} ms there and back`;
  byId("identity").textContent = `${name} ${version} · ${variant} · sha256 ${sha256.slice(0, 12)}…${took}`;
}

function outdate() {
  if (!byId("picture").querySelector(".fill, .mark")) return;
  byId("answer").classList.add("old");
  byId("alternatives").classList.add("old");
}
