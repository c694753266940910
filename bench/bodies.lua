-- Sends the bodies of a file with wrk, as bodies.py describes it, with the arguments
--   SIZE  events per request; with more than one, they are a batch
--   FILE  the file with a body a line; without it, a request is a GET
--   BYTE  where the first body starts
--   TAG   the number that replaces #### until the end of the file; then the next number
--   NAME  the member of a batch that has its events

local thread

function setup(one)
  thread = one
end

function init(args)
  size, sent = tonumber(args[1]), 0
  if args[2] then
    file, tag, name = io.open(args[2], "rb"), tonumber(args[4]), args[5]
    file:seek("set", tonumber(args[3]))
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/json"
  end
end

local function body()
  local line = file:read("*l")
  if not line then
    file:seek("set", 0)
    tag, line = tag + 1, file:read("*l")
  end
  sent = sent + 1
  return (string.gsub(line, "####", string.format("%04d", tag)))
end

function request()
  if not file then
    return wrk.format("GET")
  elseif size == 1 then
    return wrk.format(nil, nil, nil, body())
  end
  local events = {}
  for position = 1, size do
    events[position] = body()
  end
  return wrk.format(nil, nil, nil, '{"' .. name .. '":[' .. table.concat(events, ",") .. "]}")
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"failures":%d,"bodies":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status + errors.connect + errors.read + errors.write + errors.timeout,
    thread:get("sent")
  ))
end
