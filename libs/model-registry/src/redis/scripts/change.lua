--[[
Replaces the state of one model, if it is still the one that was seen; notes the change in the history of the model and in
the audit list, with the time, and spreads the word. A call that is sent again changes nothing and is answered as the first
time, also when others have changed the model since, as far back as the history goes.

KEYS  1 states   2 history of the model   3 audit
ARGV  1 model   2 generation that was seen   3 id of the change that had made it   4 the state to be
      5 the change, as an object without its time   6 its id   7 length of the history   8 length of the audit   9 channel
Answers 1 changed, 0 the state is another one.
]]
local call = redis.call
local model, generation, changeId, state, change, id = unpack(ARGV, 1, 6)
local stored = call('HGET', KEYS[1], model)
local current = stored and cjson.decode(stored) or { generation = 0, changeId = '' }
local seen = tonumber(generation)

if current.generation ~= seen or current.changeId ~= changeId then
  -- The history has one change for each generation, the latest first.
  local since = current.generation - (seen + 1)
  local made = since >= 0 and call('LINDEX', KEYS[2], since)
  return made and cjson.decode(made).state.changeId == id and 1 or 0
end

local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- As text: to decode and encode would round its numbers.
local revision = string.format('{"at":%.0f,', now) .. string.sub(change, 2)
call('HSET', KEYS[1], model, state)
call('LPUSH', KEYS[2], revision)
call('LTRIM', KEYS[2], 0, ARGV[7] - 1)
call('LPUSH', KEYS[3], revision)
call('LTRIM', KEYS[3], 0, ARGV[8] - 1)
call('PUBLISH', ARGV[9], model)
return 1
