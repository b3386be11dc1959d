--[[
Removes jobs that have not started, with all their keys. A job that somebody holds stays, as does one that has ended. A job
with a parent, children, deduplication or a scheduler is left as it is: removing it is BullMQ's own matter.

KEYS  1 wait   2 prioritized   3 delayed   4 active   5 meta   6 events
ARGV  1 what comes before an id in a job's key   2 the same of its payload   then the ids
Answers for each job: 1 cancelled, 0 started, 2 ended or unknown, -1 ask BullMQ.
]]
local call = redis.call
local prefix = ARGV[1]
local CANCELLED, STARTED, ENDED, NOT_PLAIN = 1, 0, 2, -1
local maxEvents = call('HGET', KEYS[5], 'opts.maxLenEvents') or 10000

local function cancel(id)
  local key = prefix .. id
  local job = call('HMGET', key, 'name', 'finishedOn', 'parentKey', 'deid', 'rjk')
  if not job[1] or job[2] then return ENDED end
  if call('EXISTS', key .. ':lock') == 1 then return STARTED end
  if job[3] or job[4] or job[5] or call('EXISTS', key .. ':dependencies') == 1 then return NOT_PLAIN end
  local prev = 'prioritized'
  if call('ZREM', KEYS[2], id) == 0 then
    if call('LREM', KEYS[1], 1, id) == 1 then prev = 'wait'
    elseif call('ZREM', KEYS[3], id) == 1 then prev = 'delayed'
    elseif call('LREM', KEYS[4], 1, id) == 1 then prev = 'active'
    end
  end
  call('UNLINK', key, key .. ':logs', ARGV[2] .. id)
  call('XADD', KEYS[6], 'MAXLEN', '~', maxEvents, '*', 'event', 'removed', 'jobId', id, 'prev', prev)
  return CANCELLED
end

local outcomes = {}
for at = 3, #ARGV do outcomes[#outcomes + 1] = cancel(ARGV[at]) end
return outcomes
