--[[
Notes jobs in the books of what is kept. An entry that is there is replaced, so that a job that ends again (somebody
retried it) counts once, and so does a repetition of the call.

KEYS  1 sorted set: id by the time of its removal   2 hash: id -> "<bytes> <key of its result>"   3 sum of the bytes
ARGV  by threes: id, time of removal, "<bytes> <key of its result>"
]]
local times, ids, notes = {}, {}, {}
for i = 1, #ARGV, 3 do
  times[#times + 1], times[#times + 2] = ARGV[i + 1], ARGV[i]
  ids[#ids + 1] = ARGV[i]
  notes[#notes + 1], notes[#notes + 2] = ARGV[i], ARGV[i + 2]
end
local change = 0
for index, before in ipairs(redis.call('HMGET', KEYS[2], unpack(ids))) do
  change = change + tonumber(string.match(notes[index * 2], '^%d+'))
  if before then change = change - tonumber(string.match(before, '^%d+')) end
end
redis.call('ZADD', KEYS[1], unpack(times))
redis.call('HSET', KEYS[2], unpack(notes))
redis.call('INCRBY', KEYS[3], change)
