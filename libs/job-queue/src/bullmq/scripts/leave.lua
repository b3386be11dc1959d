--[[
Somebody listens no more; a later stay, begun on another connection, goes on.

KEYS  the sets of the queues   ARGV  1 who   2 until when he counted
]]
for _, key in ipairs(KEYS) do
  local score = redis.call('ZSCORE', key, ARGV[1])
  if score and tonumber(score) <= tonumber(ARGV[2]) then redis.call('ZREM', key, ARGV[1]) end
end
