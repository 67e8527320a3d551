-- For wrk: plays the requests of a file (a Lua table) in turn, and prints what came of it as one line of JSON.
local wanted, at = {}, 0

function init(arguments)
   for _, one in ipairs(dofile(arguments[1])) do
      local headers = one.body and { ["Content-Type"] = "application/json" } or {}
      wanted[#wanted + 1] = wrk.format(one.method, one.path, headers, one.body)
   end
end

function request()
   at = at % #wanted + 1
   return wanted[at]
end

function done(summary, latency)
   local failed = summary.errors
   io.write(string.format(
      'RESULT {"requests":%d,"seconds":%f,"bytes":%d,"failed":%d,"p50_ms":%f,"p99_ms":%f}\n',
      summary.requests, summary.duration / 1e6, summary.bytes,
      failed.status + failed.connect + failed.read + failed.write + failed.timeout,
      latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
