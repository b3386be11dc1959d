--[[
Removes the oldest jobs of the books whose time is over or that exceed a bound: from BullMQ's sets of ended jobs, with
all their keys. A job that has not ended (any more) keeps everything and loses only its entry: it gets another when it
ends. The first look costs three commands; what follows costs a handful of commands for all jobs together.

KEYS  1 sorted set: id by the time of its removal   2 hash: id -> "<bytes> <key of its result>"   3 sum of the bytes
      4 completed   5 failed
ARGV  1 now   2 most jobs in one call   3 most jobs kept   4 most bytes kept   5 what comes before an id in a job's key
Answers how many entries were removed.
]]
local now, limit, maxJobs, maxBytes = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
if not oldest[1] then return 0 end
local jobs = redis.call('ZCARD', KEYS[1])
local bytes = tonumber(redis.call('GET', KEYS[3])) or 0
if tonumber(oldest[2]) > now and jobs <= maxJobs and bytes <= maxBytes then return 0 end

local candidates = redis.call('ZRANGE', KEYS[1], 0, limit - 1, 'WITHSCORES')
local ids = {}
for i = 1, #candidates, 2 do ids[#ids + 1] = candidates[i] end
local notes = redis.call('HMGET', KEYS[2], unpack(ids))
local gone, freed, results = {}, 0, {}
for index, id in ipairs(ids) do
  if tonumber(candidates[index * 2]) > now and jobs <= maxJobs and bytes - freed <= maxBytes then break end
  local size, result = string.match(notes[index] or '0 ', '^(%d+) (.*)$')
  gone[#gone + 1], results[#results + 1] = id, result
  freed = freed + tonumber(size)
  jobs = jobs - 1
end

local completed = redis.call('ZMSCORE', KEYS[4], unpack(gone))
local failed = redis.call('ZMSCORE', KEYS[5], unpack(gone))
local ended, keys = {}, {}
for index, id in ipairs(gone) do
  if completed[index] or failed[index] then
    ended[#ended + 1] = id
    keys[#keys + 1], keys[#keys + 2] = ARGV[5] .. id, ARGV[5] .. id .. ':logs'
    if results[index] ~= '' then keys[#keys + 1] = results[index] end
  end
end
if ended[1] then
  redis.call('UNLINK', unpack(keys))
  redis.call('ZREM', KEYS[4], unpack(ended))
  redis.call('ZREM', KEYS[5], unpack(ended))
end
-- They are its first ones.
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, #gone - 1)
redis.call('HDEL', KEYS[2], unpack(gone))
if jobs == 0 then redis.call('DEL', KEYS[3]) else redis.call('DECRBY', KEYS[3], freed) end
return #gone
