-- wrk as many users: a request is from one of the cookies in a file, and what was measured is printed as JSON.
--
--   COOKIES=cookies.txt wrk -t1 -c32 -d10s -s benchmarks/load/visits.lua http://127.0.0.1:8000/
--
-- COOKIES  a file of Cookie headers, a line each (python -m benchmarks.load.cookies); none: nobody is logged in
-- AGENT    the User-Agent to send: the one that the logins are tied to
-- FORMS    a file of bodies to POST, a line each, instead of GET

local requests = {}

local function lines(name)
   local found = {}
   if name then
      for line in io.lines(name) do found[#found + 1] = line end
   end
   return found
end

function init(args)
   local cookies, forms = lines(os.getenv("COOKIES")), lines(os.getenv("FORMS"))
   local agent = os.getenv("AGENT") or "wrk"
   for i = 1, math.max(#cookies, #forms, 1) do
      local headers = { ["User-Agent"] = agent, ["Accept"] = "text/html" }
      if #cookies > 0 then headers["Cookie"] = cookies[(i - 1) % #cookies + 1] end
      local method, body = "GET", nil
      if #forms > 0 then
         method, body = "POST", forms[(i - 1) % #forms + 1]
         headers["Content-Type"] = "application/x-www-form-urlencoded"
      end
      requests[i] = wrk.format(method, nil, headers, body)
   end
   math.randomseed(tonumber(os.getenv("SEED") or "1"))
end

function request()
   return requests[math.random(#requests)]
end

function done(summary, latency, _)
   local e = summary.errors
   io.write(string.format(
      '{"requests": %d, "seconds": %.6f, "p50": %.3f, "p95": %.3f, "p99": %.3f, "status": %d, "broken": %d}\n',
      summary.requests, summary.duration / 1e6,
      latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3,
      e.status, e.connect + e.read + e.write + e.timeout))
end
