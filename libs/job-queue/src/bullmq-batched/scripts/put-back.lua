--[[
Puts jobs back where they wait, each before its equals: the order among those that came back is that of their ids, which
is that of their arrival. Only from the hands that are named: him whose token the lock has, or nobody when the lock has
lapsed, and then only in the same attempt. A call that is sent again puts nothing back twice. Wakes one worker.

KEYS  1 active   2 wait   3 prioritized   4 stalled   5 meta   6 marker   7 events
ARGV  1 what comes before an id in a job's key   2 scores per level
      then for each job: id, token (empty: its lock has lapsed), attempt, data to be written (empty: as it is)
Answers for each job: 1 put back, 0 not.
]]
local call = redis.call
local prefix, scores = ARGV[1], tonumber(ARGV[2])
local meta = call('HMGET', KEYS[5], 'paused', 'concurrency', 'opts.maxLenEvents')

local function putBack(id, token, attempt, data)
  local key = prefix .. id
  local lock = key .. ':lock'
  if (call('GET', lock) or '') ~= token then return 0 end
  local job = call('HMGET', key, 'priority', 'ats', 'name')
  if not job[3] then
    -- Its hash was deleted under its holder: only its name is left in the list.
    call('LREM', KEYS[1], 1, id)
    return 0
  end
  if token == '' and (job[2] or '0') ~= attempt then return 0 end
  if call('LREM', KEYS[1], 1, id) == 0 then return 0 end
  call('DEL', lock)
  call('SREM', KEYS[4], id)
  if data ~= '' then call('HSET', key, 'data', data) end
  local priority = tonumber(job[1] or 0)
  if priority > 0 then
    call('ZADD', KEYS[3], string.format('%.0f', priority * scores), id)
  else
    call('RPUSH', KEYS[2], id)
  end
  call('XADD', KEYS[7], 'MAXLEN', '~', meta[3] or 10000, '*', 'event', 'waiting', 'jobId', id, 'prev', 'active')
  return 1
end

local outcomes, count = {}, 0
for at = 3, #ARGV, 4 do
  local outcome = putBack(unpack(ARGV, at, at + 3))
  outcomes[#outcomes + 1] = outcome
  count = count + outcome
end
local isMaxed = meta[2] and call('LLEN', KEYS[1]) >= tonumber(meta[2])
if count > 0 and not meta[1] and not isMaxed then call('ZADD', KEYS[6], 0, '0') end
return outcomes
