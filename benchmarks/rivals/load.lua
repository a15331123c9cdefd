-- wrk asks with these bodies in turn: wrk … -- CONTENT-TYPE KEY BODY…
local bodies, turn = {}, 0

function init(arguments)
  wrk.method = "POST"
  wrk.headers["content-type"] = arguments[1]
  if arguments[2] ~= "" then wrk.headers["authorization"] = "Bearer " .. arguments[2] end
  for place = 3, #arguments do
    local file = assert(io.open(arguments[place], "rb"))
    bodies[#bodies + 1] = wrk.format(nil, nil, nil, file:read("*a"))
    file:close()
  end
end

function request()
  turn = turn % #bodies + 1
  return bodies[turn]
end

function done(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "failed": %d}\n', summary.requests,
    summary.duration / 1e6, latency:percentile(50) / 1e6, latency:percentile(99) / 1e6, failed))
end
