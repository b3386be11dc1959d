--[[
Takes jobs for one holder, in the order in which BullMQ hands them out: each gets a lock with the holder's token and goes
to the list of active jobs. Nobody else gets it as long as the lock lasts. Wakes one more worker when more wait. Whoever
got something no longer counts as listening.

How many: the caller's fair part of what waits (`fairPart` in ../fair-part.ts says why), and never more than one call may
take. A queue that is paused or at its global concurrency hands out nothing. Delayed jobs that are due and a global rate
limit are BullMQ's own matter: nothing is taken, and the caller is told to ask BullMQ.

KEYS  1 wait   2 prioritized   3 delayed   4 active   5 meta   6 events   7 marker   8 pc
      9 the set of those that listen to the queue   10.. the sets in which the caller counts as listening
ARGV  1 what comes before an id in a job's key   2 now   3 token   4 milliseconds that the locks last   5 holder
      6 most jobs   7 jobs beyond the part   8 'half' or 'fair'   9 most jobs in one call
      10 who asks, in the sets of those that listen   11 until when it counts there: a later stay goes on
Answers how many jobs of the part are left to be asked for (-1: ask BullMQ), then for each job: id, data, attempt,
timestamp, priority, payload (false: not in the job), deaths that BullMQ's stalled check noted, whether it is not a plain job.
]]
local call = redis.call
local prefix, now, token, lockMs, holder = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]
local meta = call('HMGET', KEYS[5], 'paused', 'concurrency', 'max', 'opts.maxLenEvents')
if meta[1] then return { 0 } end
-- BullMQ's scores of delayed jobs are milliseconds with 12 bits of a counter.
local due = call('ZCOUNT', KEYS[3], '-inf', string.format('(%.0f', (now + 1) * 4096))
if meta[3] or due > 0 then return { -1 } end

local first, second = call('LLEN', KEYS[1]), call('ZCARD', KEYS[2])
local waiting = first + second
if waiting == 0 then
  call('DEL', KEYS[8])
  return { 0 }
end
local part = math.min(tonumber(ARGV[6]), waiting)
if ARGV[8] == 'half' then
  part = math.min(part, math.ceil(waiting / 2))
else
  local listening = call('ZCOUNT', KEYS[9], now, '+inf')
  local own = call('ZSCORE', KEYS[9], ARGV[10])
  if own and tonumber(own) >= now then listening = listening - 1 end
  part = math.min(part, math.ceil(waiting / (1 + listening)) + tonumber(ARGV[7]))
end
if meta[2] then part = math.min(part, tonumber(meta[2]) - call('LLEN', KEYS[4])) end
local count = math.min(part, tonumber(ARGV[9]))
if count <= 0 then return { 0 } end

local ids = {}
if first > 0 then ids = call('RPOP', KEYS[1], math.min(first, count)) end
if #ids < count then
  local popped = call('ZPOPMIN', KEYS[2], count - #ids)
  for at = 1, #popped, 2 do ids[#ids + 1] = popped[at] end
end

local answer, active = { part - count }, {}
for _, id in ipairs(ids) do
  local key = prefix .. id
  local job = call('HMGET', key, 'data', 'ats', 'timestamp', 'priority', 'payload', 'defa', 'parentKey', 'deid', 'rjk')
  -- Of a job whose hash was deleted only the id was left.
  if job[1] then
    local attempt = job[2] and string.format('%.0f', job[2] + 1) or '1'
    call('SET', key .. ':lock', token, 'PX', lockMs)
    call('HSET', key, 'processedOn', ARGV[2], 'pb', holder, 'ats', attempt)
    call('XADD', KEYS[6], '*', 'event', 'active', 'jobId', id, 'prev', 'waiting')
    active[#active + 1] = id
    local isPlain = not (job[7] or job[8] or job[9])
    answer[#answer + 1] = { id, job[1], attempt, job[3], job[4] or '0', job[5], job[6] and 1 or 0, isPlain and 1 or 0 }
  end
end
if #active > 0 then
  call('LPUSH', KEYS[4], unpack(active))
  call('XTRIM', KEYS[6], 'MAXLEN', '~', meta[4] or 10000)
  for at = 10, #KEYS do
    local score = call('ZSCORE', KEYS[at], ARGV[10])
    if score and tonumber(score) <= tonumber(ARGV[11]) then call('ZREM', KEYS[at], ARGV[10]) end
  end
end
if waiting > count then call('ZADD', KEYS[7], 0, '0') end
return answer
