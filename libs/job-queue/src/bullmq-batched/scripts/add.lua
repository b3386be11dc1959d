--[[
Adds jobs that wait in the order of their priorities, all of them or (when Redis refuses) none, and wakes one worker.
A job whose id is known is left as it is: a call that is sent again adds nothing.

KEYS  1 prioritized   2 events   3 marker   4 meta   5 active   6 id   7 pc
ARGV  1 what comes before an id in a job's key   2 scores per level
      then for each job: id, name, data, options, timestamp, priority, payload, key of a payload that is not in the job
      (the one or the other is empty)
Errors: PAYLOAD when a payload is not at its key; nothing is added then.
]]
local call = redis.call
local prefix, scores = ARGV[1], tonumber(ARGV[2])
local PER_JOB = 8
local meta = call('HMGET', KEYS[4], 'paused', 'concurrency', 'opts.maxLenEvents')
local maxEvents = meta[3] or 10000

local keys = {}
for at = 3, #ARGV, PER_JOB do
  keys[#keys + 1] = prefix .. ARGV[at]
  local payloadKey = ARGV[at + 7]
  if payloadKey ~= '' and call('EXISTS', payloadKey) == 0 then
    return redis.error_reply('PAYLOAD job ' .. ARGV[at] .. ' has no payload: Redis did not take it')
  end
end
-- One look at all of them: hardly ever is one known.
local areNew = call('EXISTS', unpack(keys)) == 0
local new, seen = {}, {}
for index, key in ipairs(keys) do
  local at = 3 + (index - 1) * PER_JOB
  if not seen[key] and (areNew or call('EXISTS', key) == 0) then
    new[#new + 1] = at
    seen[key] = true
  else
    call('XADD', KEYS[2], 'MAXLEN', '~', maxEvents, '*', 'event', 'duplicated', 'jobId', ARGV[at])
  end
end
if #new == 0 then return end

call('INCRBY', KEYS[6], #new)
local counter = call('INCRBY', KEYS[7], #new) - #new
local waiting = {}
for index, at in ipairs(new) do
  local id, name, data, options, timestamp, priority, payload = unpack(ARGV, at, at + 6)
  local key = prefix .. id
  if payload == '' then
    call('HSET', key, 'name', name, 'data', data, 'opts', options, 'timestamp', timestamp, 'delay', '0',
      'priority', priority)
  else
    call('HSET', key, 'name', name, 'data', data, 'opts', options, 'timestamp', timestamp, 'delay', '0',
      'priority', priority, 'payload', payload)
  end
  call('XADD', KEYS[2], '*', 'event', 'added', 'jobId', id, 'name', name)
  call('XADD', KEYS[2], '*', 'event', 'waiting', 'jobId', id)
  waiting[2 * index - 1] = string.format('%.0f', priority * scores + (counter + index) % scores)
  waiting[2 * index] = id
end
call('ZADD', KEYS[1], unpack(waiting))
call('XTRIM', KEYS[2], 'MAXLEN', '~', maxEvents)

local isMaxed = meta[2] and call('LLEN', KEYS[5]) >= tonumber(meta[2])
if not meta[1] and not isMaxed then call('ZADD', KEYS[3], 0, '0') end
