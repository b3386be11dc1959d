--[[
What waits in a queue. The size of a payload is that of its own key, of the job's field or of the base64 in its data; where
none has one the job is not Sluice's. Of a long queue a sample is looked at, and its mean stands for the others.

KEYS  1 wait   2 prioritized   3 delayed   4 meta
ARGV  1 size of the sample   2 what comes before an id in a job's key   3 the same of its payload
      4.. the end of each level that is asked about, as a bound of scores
Answers waiting, bytes, paused, and for each level the jobs up to its end.
]]
local others = redis.call('LLEN', KEYS[1]) + redis.call('ZCARD', KEYS[3])
local waiting = redis.call('ZCARD', KEYS[2])
local bytes, sampled = 0, 0
if waiting > 0 then
  for _, id in ipairs(redis.call('ZRANDMEMBER', KEYS[2], ARGV[1])) do
    local size = redis.call('STRLEN', ARGV[3] .. id)
    if size == 0 then size = redis.call('HSTRLEN', ARGV[2] .. id, 'payload') end
    if size == 0 then
      local data = redis.call('HGET', ARGV[2] .. id, 'data') or ''
      local base64 = string.match(data, '"payload":{"base64":"([^"]*)"') or ''
      size = #base64 * 3 / 4 - #string.match(base64, '=*$')
    end
    bytes = bytes + size
    sampled = sampled + 1
  end
  bytes = bytes / sampled * (waiting + others)
end
local answer = { waiting + others, bytes, redis.call('HEXISTS', KEYS[4], 'paused') }
for index = 4, #ARGV do
  answer[index] = others + redis.call('ZCOUNT', KEYS[2], '-inf', ARGV[index])
end
return answer
