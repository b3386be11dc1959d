--[[
The next job of each queue, as BullMQ would hand it out. A queue that hands out nothing, because it is paused or at its
global concurrency, has no head. A job that is not Sluice's is given up as soon as it is leased: it expires at once.

KEYS  for each queue: wait, prioritized, delayed, meta, active
ARGV  1 now   2.. for each queue: what comes before an id in a job's key
Answers for each queue that has a head: its number, how many wait, since when the head does, when it expires.
]]
local heads = {}
for queue = 1, #KEYS / 5 do
  local last = queue * 5
  local wait, prioritized, delayed, meta, active = unpack(KEYS, last - 4, last)
  -- BullMQ's scores of delayed jobs are milliseconds with 12 bits of a counter.
  local due = redis.call('ZCOUNT', delayed, '-inf', string.format('(%.0f', (ARGV[1] + 1) * 4096))
  local waiting = redis.call('LLEN', wait) + redis.call('ZCARD', prioritized) + due
  if waiting > 0 then
    local state = redis.call('HMGET', meta, 'paused', 'concurrency')
    local isMaxed = state[2] and redis.call('LLEN', active) >= tonumber(state[2])
    if not state[1] and not isMaxed then
      local id = redis.call('LINDEX', wait, -1)
        or redis.call('ZRANGE', prioritized, 0, 0)[1]
        or redis.call('ZRANGE', delayed, 0, 0)[1]
      local job = redis.call('HMGET', ARGV[queue + 1] .. id, 'timestamp', 'data')
      local since = job[1] or '0'
      local isJson, data = pcall(cjson.decode, job[2] or '')
      local expiresAt = isJson and type(data) == 'table' and tonumber(data.expiresAt)
      heads[#heads + 1] = queue
      heads[#heads + 1] = waiting
      heads[#heads + 1] = since
      heads[#heads + 1] = expiresAt and string.format('%.3f', expiresAt) or since
    end
  end
end
return heads
