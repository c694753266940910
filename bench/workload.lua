-- The workload of workload.py as wrk sends it, with the arguments
--   SHAPE     single, batch or query: the content of a request; context: a read of a customer;
--             page: the URL unchanged
--   KIND      mixed (known customers, 1 % new), known, hot (one customer) or new
--   CUSTOMERS the number of known customers
--   SKEW      1 is uniform; with more, the first customers get more of the events
--   SIZE      events per batch
--   TAG       distinguishes new customers and ids from other runs
--   STATEMENT the file with the statement, as a JSON string, for the shape query

local threads = 0
local customer, event, row

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(args)
  shape, kind, customers, skew = args[1], args[2], tonumber(args[3]), tonumber(args[4])
  size, tag, count = tonumber(args[5]), args[6] .. "t" .. number, 0
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  if args[7] then
    statement = io.open(args[7]):read("*a")
  end
  math.randomseed(tonumber(string.match(args[6], "%d+")) + number)
end

-- An email address, and a phone number or nil.
function customer()
  count = count + 1
  if kind == "new" or (kind == "mixed" and math.random() < 0.01) then
    return "new" .. tag .. "n" .. count .. "@example.com"
  end
  local n = kind == "hot" and 0 or math.floor(customers * math.random() ^ skew)
  return "customer" .. n .. "@example.com", n % 5 == 0 and "+1415" .. (5550000 + n) or nil
end

function event()
  local email, phone = customer()
  return '{"event":"page_viewed","email":"' .. email .. '"'
    .. (phone and ',"phone":"' .. phone .. '"' or "")
    .. ',"properties":{"url":"/pricing","referrer":"https://google.com"}'
    .. ',"timestamp":"2026-04-29T10:14:32Z"}'
end

-- The parameters of the statement, as the service creates them for an event.
function row()
  local email, phone = customer()
  local keys = '{"kind":"email","value":"' .. email .. '","weight":1.0}'
  local identifiers = '"email:' .. email .. '"'
  if phone then
    keys = keys .. ',{"kind":"phone","value":"' .. phone .. '","weight":0.9}'
    identifiers = identifiers .. ',"phone:' .. phone .. '"'
  end
  local id = tag .. "n" .. count
  return '{"group":0,"id":"evt_' .. id .. '","digest":null,"customer":null'
    .. ',"newCustomer":"cus_' .. id .. '","identifierKeys":[' .. keys .. ']'
    .. ',"identifiers":[' .. identifiers .. '],"event":"page_viewed"'
    .. ',"timestamp":"2026-04-29T10:14:32Z","occurredAt":[1777457672,0]'
    .. ',"receivedAt":[' .. os.time() .. ',0]'
    .. ',"properties":"{\\"url\\":\\"/pricing\\",\\"referrer\\":\\"https://google.com\\"}"'
    .. ',"values":{"url":"/pricing","referrer":"https://google.com"}}'
end

function request()
  if shape == "single" then
    return wrk.format(nil, nil, nil, event())
  elseif shape == "page" then
    return wrk.format("GET")
  elseif shape == "context" then
    local email = customer()
    return wrk.format(nil, nil, nil, '{"email":"' .. email .. '"}')
  elseif shape == "query" then
    local limits = '{"email":100,"phone":100,"externalId":1000,"sharedAfter":5}'
    local batch = '{"named":[],"claims":[],"events":[' .. row() .. "]}"
    local parameters = '{"batch":' .. batch .. ',"limits":' .. limits .. "}"
    return wrk.format(nil, nil, nil, '{"statement":' .. statement .. ',"parameters":' .. parameters .. "}")
  end
  local events = {}
  for position = 1, size do
    events[position] = event()
  end
  return wrk.format(nil, nil, nil, '{"events":[' .. table.concat(events, ",") .. "]}")
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"failures":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status + errors.connect + errors.read + errors.write + errors.timeout
  ))
end
