--[[
How many jobs could be leased, and how many others listen.

KEYS  1 wait   2 prioritized   3 delayed   4 the set of those that listen
ARGV  1 who asks
]]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = redis.call('ZCOUNT', KEYS[3], '-inf', string.format('(%.0f', (now + 1) * 4096))
local listening = redis.call('ZCOUNT', KEYS[4], now, '+inf')
local own = redis.call('ZSCORE', KEYS[4], ARGV[1])
if own and tonumber(own) >= now then listening = listening - 1 end
return { redis.call('LLEN', KEYS[1]) + redis.call('ZCARD', KEYS[2]) + due, listening }
