-- No two requests alike, as in production.
local n = 0

function request()
    n = n + 1
    local headers = {["X-Request-Id"] = string.format("%08x", n * 2654435761 % 4294967296)}
    return wrk.format("GET", "/orders/" .. (n * 7919 % 20000 + 1), headers)
end
