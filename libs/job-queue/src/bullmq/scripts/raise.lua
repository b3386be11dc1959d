--[[
Raises the jobs that have waited since before a time to level 1, each into the place of its arrival: its score becomes
that of the last job there that is older, and its id puts it behind that one. Behind all of level 1 it would wait longer
than whatever arrived in the meantime; before all of it the lower levels would overtake the first one for as long as there
is more work than workers.

Levels are in the order of arrival, so that only their beginnings are looked at. BullMQ's own change of priority takes one
script for each job and knows only the two ends of a level.

KEYS  1 prioritized
ARGV  1 the time   2 most jobs in one call   3 what comes before an id in a job's key   4 scores per level
Answers how many were raised.
]]
local since, limit, scores = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[4])
local function bound(score) return string.format('%.0f', score) end

local function placeOf(id)
  local low, high = 0, redis.call('ZCOUNT', KEYS[1], '-inf', '(' .. bound(2 * scores))
  local score = scores
  while low < high do
    local middle = math.floor((low + high) / 2)
    local other = redis.call('ZRANGE', KEYS[1], middle, middle, 'WITHSCORES')
    if other[1] < id then low, score = middle + 1, tonumber(other[2]) else high = middle end
  end
  return score
end

local raised, from = 0, bound(2 * scores)
while raised < limit do
  local jobs = redis.call('ZRANGEBYSCORE', KEYS[1], from, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  if not jobs[1] then break end
  local nextLevel = bound((math.floor(tonumber(jobs[2]) / scores) + 1) * scores)
  jobs = redis.call('ZRANGEBYSCORE', KEYS[1], from, '(' .. nextLevel, 'LIMIT', 0, limit - raised)
  for _, id in ipairs(jobs) do
    local arrival = tonumber(redis.call('HGET', ARGV[3] .. id, 'timestamp'))
    if not arrival or arrival > since then break end
    redis.call('ZADD', KEYS[1], bound(placeOf(id)), id)
    redis.call('HSET', ARGV[3] .. id, 'priority', 1)
    raised = raised + 1
  end
  from = nextLevel
end
return raised
