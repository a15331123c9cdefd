// How the service is doing, asked again and again while somebody looks.
const EVERY_SECONDS = 2;
const POINTS = 30;
const rates = [];
let latest = null;
let timer = 0;

async function listen() {
  clearTimeout(timer);
  if (document.visibilityState === "hidden") return;
  let again = true;
  try {
    showTraffic(await (await asked("v1/traffic", "traffic")).json());
  } catch (error) {
    byId("traffic").textContent = error.message;
    // Whoever may not ask now may not in two seconds, either: a new key starts it again.
    again = ![401, 403, 404].includes(error.status);
  }
  if (again) timer = setTimeout(listen, 1000 * EVERY_SECONDS);
}

function showTraffic(now) {
  if (latest && now.at > latest.at) {
    rates.push(Math.max(0, now.total - latest.total) / (now.at - latest.at));
    rates.splice(0, rates.length - POINTS);
    drawRates();
  }
  if (!latest || now.at > latest.at) latest = now;
  byId("traffic").textContent = trafficSaid(now);
}

function trafficSaid(now) {
  const past = now.seconds < 1.5 ? "last second" : `last ${Math.round(now.seconds)} seconds`;
  if (!now.requests) return `No predictions were asked in the ${past}.`;
  const each = (count) => `${brief.format(count / Math.max(1, now.seconds))}/s`;
  return (
    `${counted(now.requests, "request")} (${each(now.requests)}) with ${counted(now.rows, "row")} (${each(now.rows)}) ` +
    `in the ${past}, ${now.errors ? counted(now.errors, "error") : "no errors"}. ` +
    `Half of them took at most about ${brief.format(now.p50_ms)} ms, 99${THIN}% at most about ${brief.format(now.p99_ms)} ms.` +
    (rates.length ? ` The line is requests a second, ${brief.format(Math.max(...rates))} at the highest.` : "")
  );
}

function drawRates() {
  const highest = Math.max(1, ...rates);
  const from = POINTS - rates.length;
  const tenths = (number) => Math.round(number * 10) / 10;
  const points = rates.map(
    (rate, place) => `${tenths(((from + place) * 300) / (POINTS - 1))},${tenths(44 - (40 * rate) / highest)}`,
  );
  const line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
  line.setAttribute("points", points.join(" "));
  byId("line").replaceChildren(line);
}

document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && listen());
