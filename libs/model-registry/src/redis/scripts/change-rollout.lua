--[[
Replaces a rollout, if it is still at the revision that was seen, and spreads the word. A call that is sent again changes
nothing and is answered as the first time, for as long as nobody else has changed the rollout.

KEYS  1 rollouts   2 active
ARGV  1 id   2 model   3 revision that was seen   4 what it shall be   5 "1" when it has ended with that   6 channel
Answers 1 changed, 0 it is another one, or gone.
]]
local call = redis.call
local id, model, seen, rollout, ended, channel = unpack(ARGV)

local stored = call('HGET', KEYS[1], id)
if not stored then
  return 0
end
if cjson.decode(stored).revision ~= tonumber(seen) then
  return stored == rollout and 1 or 0
end

call('HSET', KEYS[1], id, rollout)
if ended == '1' then
  call('HDEL', KEYS[2], model)
end
call('PUBLISH', channel, id)
return 1
