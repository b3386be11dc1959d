--[[
Enters a rollout, unless another one of its model has not ended; forgets the oldest of the model beyond the bound, and
spreads the word. A call that is sent again changes nothing and is answered as the first time.

KEYS  1 rollouts   2 active   3 rollouts of the model
ARGV  1 id   2 model   3 the rollout   4 how many are kept   5 channel
Answers 1 entered, 0 another one has not ended.
]]
local call = redis.call
local id, model, rollout, kept, channel = unpack(ARGV)

if call('HEXISTS', KEYS[1], id) == 1 then
  return 1
end
if call('HEXISTS', KEYS[2], model) == 1 then
  return 0
end

call('HSET', KEYS[1], id, rollout)
call('HSET', KEYS[2], model, id)
call('LPUSH', KEYS[3], id)
for _, old in ipairs(call('LRANGE', KEYS[3], kept, -1)) do
  call('HDEL', KEYS[1], old)
end
call('LTRIM', KEYS[3], 0, kept - 1)
call('PUBLISH', channel, id)
return 1
