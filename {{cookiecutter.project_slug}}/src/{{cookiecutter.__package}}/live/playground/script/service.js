// The key is in this variable and nowhere else: a reload forgets it.
let key = "";
const SECONDS = 15;

class Refused extends Error {
  constructor(status, said = {}) {
    super(said.message || `The service answered with status ${status} and no explanation.`);
    this.status = status;
    this.fields = said.fields || [];
  }
}

// An id in logs that tells what was tried here from what was asked in earnest.
function requestId(purpose) {
  const signs = crypto.getRandomValues(new Uint8Array(12));
  return `playground-${purpose}-${Array.from(signs, (sign) => sign.toString(16).padStart(2, "0")).join("")}`;
}

// Addresses are relative, so that the page works under any path that a proxy gives it.
async function asked(path, purpose, { rows, version } = {}) {
  const headers = { "x-request-id": requestId(purpose) };
  if (key) headers.authorization = `Bearer ${key}`;
  if (rows) headers["content-type"] = "application/json";
  if (version) headers["x-model-version"] = version;
  let response;
  try {
    response = await fetch(path, {
      method: rows ? "POST" : "GET",
      headers,
      body: rows && JSON.stringify({ rows }),
      cache: "no-store",
      credentials: "same-origin",
      signal: AbortSignal.timeout(1000 * SECONDS),
    });
  } catch (error) {
    const late = error.name === "TimeoutError";
    throw new Refused(0, {
      message: late ? `The service didn't answer within ${SECONDS} seconds.` : "The service can't be reached: is it running?",
    });
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  if (response.status === 401) wantKey(key ? body.error?.message || "This key isn't known." : "");
  throw new Refused(response.status, body.error);
}

function wantKey(fault) {
  byId("key-form").hidden = false;
  byId("key-fault").textContent = fault;
}
