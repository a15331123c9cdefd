// One labelled control for each feature, and what is in them as a row of a request.
const NUMBERS = "number";
let controls = [];

function fieldOf(feature, place, levels) {
  const id = `feature-${place}`;
  const about = element("p", { class: "about", id: `${id}-about` }, explained(feature));
  const fault = element("p", { class: "fault", id: `${id}-fault` });
  const described = { id, "aria-describedby": `${about.id} ${fault.id}` };
  const input = feature.kind === "boolean" ? choice(feature, described) : entry(feature, described, levels.length > 0);
  const control = element("div", { class: "control" }, input);
  let unknown = null;
  if (feature.nullable && feature.kind !== "boolean") {
    unknown = element("input", { type: "checkbox", id: `${id}-unknown`, "aria-label": `${feature.name} is unknown` });
    unknown.addEventListener("change", () => {
      input.disabled = unknown.checked;
      [input.value, unknown.before] = unknown.checked ? ["", input.value] : [unknown.before ?? "", ""];
    });
    control.append(element("label", { class: "unknown", for: unknown.id }, unknown, "unknown"));
  }
  if (input.hasAttribute("list")) {
    const options = levels.map((level) => element("option", { value: level }));
    control.append(element("datalist", { id: `${id}-levels` }, ...options));
  }
  const label = element("label", { for: id, dir: "auto" }, feature.name);
  return { feature, input, unknown, fault, box: element("div", { class: "field" }, label, control, about, fault) };
}

function explained({ about, kind, min, max }) {
  const limits =
    min !== null && max !== null ? `${number(min)} to ${number(max)}`
    : min !== null ? `${number(min)} or more`
    : max !== null ? `${number(max)} or less`
    : about ? ""
    : { number: "a number", category: "text", boolean: "yes or no", date: "a date" }[kind];
  return [about, limits].filter(Boolean).join(" · ");
}

function entry(feature, described, listed) {
  const known = { ...described, autocomplete: "off" };
  if (feature.kind === "date") return element("input", { ...known, type: "date" });
  if (feature.kind === "category") {
    const list = listed && `${described.id}-levels`;
    return element("input", { ...known, type: "text", list, spellcheck: "false", autocapitalize: "off" });
  }
  const limits = { min: feature.min ?? undefined, max: feature.max ?? undefined, step: "any" };
  return element("input", { ...known, ...limits, type: NUMBERS, inputmode: feature.min >= 0 ? "decimal" : "text" });
}

function choice(feature, described) {
  const choices = [["true", "yes"], ["false", "no"], ...(feature.nullable ? [["", "unknown"]] : [])];
  return element("select", described, ...choices.map(([value, text]) => element("option", { value }, text)));
}

function fill(values) {
  controls.forEach(({ feature, input, unknown }, place) => {
    const value = values[place];
    if (unknown) [unknown.checked, unknown.before] = [value === null, ""];
    input.disabled = Boolean(unknown && unknown.checked);
    input.value = value === null ? "" : String(value);
  });
  clearFaults();
}

// An empty field of something that may be unknown is ticked as such, so that what is asked is what is seen.
function row() {
  return Object.fromEntries(controls.map((control) => [control.feature.name, valueOf(control)]));
}

function valueOf({ feature, input, unknown }) {
  if (unknown && input.value === "" && !input.validity.badInput) {
    unknown.checked = input.disabled = true;
    return null;
  }
  if (feature.kind === "category") return input.value;
  if (input.value === "") return null;
  if (feature.kind === "boolean") return input.value === "true";
  return feature.kind === NUMBERS ? Number(input.value) : input.value;
}

// What a browser can't read as a number it doesn't tell, so that this is the one fault the service never sees.
function unreadable() {
  const wrong = controls.filter(({ input }) => input.validity.badInput);
  wrong.forEach((control) => showFault(control, `must be a ${control.feature.kind}`));
  return wrong;
}

function clearFaults() {
  byId("row-fault").textContent = "";
  for (const { input, fault } of controls) {
    input.removeAttribute("aria-invalid");
    fault.textContent = "";
  }
}

function showFault({ input, fault }, message) {
  input.setAttribute("aria-invalid", "true");
  fault.textContent = message;
}

// Returns what belongs to no field.
function showFaults(faults) {
  const rest = [];
  for (const { path, message } of faults) {
    const control = controls.find(({ feature }) => path === `rows[0].${feature.name}`);
    if (control) showFault(control, message);
    else rest.push(`${path} ${message}`);
  }
  controls.find(({ input }) => input.hasAttribute("aria-invalid"))?.input.focus();
  return rest;
}
