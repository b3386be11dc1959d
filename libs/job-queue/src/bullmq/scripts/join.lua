--[[
Somebody begins to listen to queues: he counts there for a while.

KEYS  the sets of the queues that are listened to
ARGV  1 who   2 for how many milliseconds   3 how many more to keep the sets
Answers until when he counts.
]]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, key in ipairs(KEYS) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
  redis.call('ZADD', key, now + ARGV[2], ARGV[1])
  redis.call('PEXPIRE', key, ARGV[2] + ARGV[3])
end
return now + ARGV[2]
