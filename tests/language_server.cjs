// Asks GitHub's own language server about workflow and action files, as an editor does, and prints a line for each
// thing that it doesn't like: node language_server.cjs SERVER FILE…   The exit code is 1 if there is any, 3 if it is silent.
const { spawn } = require("child_process");
const fs = require("fs");
const path = require("path");
const { pathToFileURL } = require("url");

const [program, ...files] = process.argv.slice(2);
const server = spawn(process.execPath, [program, "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
const awaited = new Map(files.map((file) => [pathToFileURL(path.resolve(file)).href, file]));
let received = Buffer.alloc(0);
let found = 0;

function send(message) {
  const text = JSON.stringify({ jsonrpc: "2.0", ...message });
  server.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
}

function open(uri, file) {
  const text = fs.readFileSync(file, "utf8");
  send({ method: "textDocument/didOpen", params: { textDocument: { uri, languageId: "yaml", version: 1, text } } });
}

function report({ uri, diagnostics }) {
  for (const { range, message } of diagnostics) {
    found += 1;
    console.log(`${awaited.get(uri) ?? uri}:${range.start.line + 1}: ${message}`);
  }
  awaited.delete(uri);
  if (awaited.size === 0) end(found ? 1 : 0);
}

function answer({ id, method, params }) {
  // Local actions are read through the editor; nothing else is known here.
  const wanted = method === "actions/readFile" ? path.join(process.cwd(), params.path.replace(/^file:\/+/, "")) : "";
  send({ id, result: wanted && fs.existsSync(wanted) ? fs.readFileSync(wanted, "utf8") : wanted ? "" : null });
}

function take(message) {
  if (message.id === 1 && message.result) {
    send({ method: "initialized", params: {} });
    awaited.forEach((file, uri) => open(uri, file));
  } else if (message.method === "textDocument/publishDiagnostics") {
    report(message.params);
  } else if (message.id !== undefined && message.method) {
    answer(message);
  }
}

function end(code) {
  server.kill();
  process.exit(code);
}

server.stdout.on("data", (chunk) => {
  received = Buffer.concat([received, chunk]);
  for (;;) {
    const head = received.indexOf("\r\n\r\n");
    if (head < 0) return;
    const length = Number(/Content-Length: (\d+)/.exec(received.subarray(0, head))[1]);
    if (received.length < head + 4 + length) return;
    const message = JSON.parse(received.subarray(head + 4, head + 4 + length));
    received = received.subarray(head + 4 + length);
    take(message);
  }
});
const asked = { processId: process.pid, rootUri: null, capabilities: {}, initializationOptions: { logLevel: 0 } };
send({ id: 1, method: "initialize", params: asked });
setTimeout(() => end(3), 60000);
