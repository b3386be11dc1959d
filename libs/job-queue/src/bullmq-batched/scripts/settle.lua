--[[
Ends jobs, each with a result or an error, notes them in the books of what is kept, and replies to whoever waits for them:
a message for each channel, made of the bytes that are here anyway (../../reply-records.ts says what it looks like). A job
ends only in the hands of him whose token its lock has; of another nothing is changed or sent. A call that is sent again
ends nothing and replies to nobody twice, and says of the jobs that it had ended that they are settled. A job with a parent,
children, deduplication or a scheduler is left as it is: what follows from its end is BullMQ's own matter.

KEYS  1 wait   2 prioritized   3 active   4 stalled   5 events   6 completed   7 failed   8 meta   9 marker
      10..12 books of the jobs that are kept briefly: times, sizes, sum of the bytes   13..15 of those kept long
ARGV  1 what comes before an id in a job's key   2 now   3 jobs that ended before this are removed: BullMQ's own age
      4 number of channels, then the channels
      then the number of terms, what jobs of a call have in common, and for each of them: token, holder, attempt,
      'completed' or 'failed', first key of the books, time of removal, key of the payload ('in the hash' where it is there;
      empty: the job has none of ours), number of the channel of the reply (0: none)
      then for each job: id, number of its terms, return value or reason of the failure, result (empty: it has none here),
      "<bytes> <key of its result>"
Answers for each job: 1 settled, 0 lost, -1 ask BullMQ.
]]
local call = redis.call
local prefix, now = ARGV[1], ARGV[2]
local SETTLED, LOST, NOT_PLAIN = 1, 0, -1
local CHANNELS, PER_TERMS, PER_JOB = 4, 8, 5
local TERMS = CHANNELS + ARGV[CHANNELS] + 1
local FIRST_JOB = TERMS + ARGV[TERMS] * PER_TERMS + 1
-- Where the payload is.
local IN_HASH = 'in the hash'

local meta = call('HMGET', KEYS[8], 'opts.maxLenEvents', 'concurrency', 'paused')
local maxEvents = meta[1] or 10000
local outcomes, ended, unused = {}, {}, {}
local sets = { completed = {}, failed = {} }
local books = {}
local messages = {}

local function note(id, firstKey, removeAt, entry)
  local book = books[firstKey]
  if not book then
    book = { ids = {}, times = {}, notes = {}, change = 0 }
    books[firstKey] = book
  end
  book.ids[#book.ids + 1] = id
  book.times[#book.times + 1], book.times[#book.times + 2] = removeAt, id
  book.notes[#book.notes + 1], book.notes[#book.notes + 2] = id, entry
  book.change = book.change + tonumber(string.match(entry, '^%d+'))
end

local function reply(id, channel, isOk, bytes)
  local message = messages[channel]
  if not message then
    message = {}
    messages[channel] = message
  end
  message[#message + 1], message[#message + 2] = struct.pack('<I2c0BI4', #id, id, isOk and 1 or 0, #bytes), bytes
end

-- Both asked about all jobs at once: hardly ever has a job children.
local lockKeys, childKeys = {}, {}
for at = FIRST_JOB, #ARGV, PER_JOB do
  local key = prefix .. ARGV[at]
  lockKeys[#lockKeys + 1] = key .. ':lock'
  childKeys[#childKeys + 1], childKeys[#childKeys + 2] = key .. ':dependencies', key .. ':unsuccessful'
end
local locks = call('MGET', unpack(lockKeys))
local noneHasChildren = call('EXISTS', unpack(childKeys)) == 0

-- The jobs of a batch became active together, and mostly they are the oldest ones: then they leave the list together.
local oldest = call('LRANGE', KEYS[3], -#lockKeys, -1)
local isOldest, leaving = {}, {}
for _, id in ipairs(oldest) do isOldest[id] = true end

local function leaveActive(id)
  if isOldest[id] == nil then return call('LREM', KEYS[3], -1, id) == 1 end
  local isThere = isOldest[id]
  isOldest[id] = false
  if isThere then leaving[#leaving + 1] = id end
  return isThere
end

local function settle(at)
  local id, terms, value, result, kept = unpack(ARGV, at, at + PER_JOB - 1)
  local token, holder, attempt, state, firstKey, removeAt, payload, channel =
    unpack(ARGV, TERMS + (terms - 1) * PER_TERMS + 1, TERMS + terms * PER_TERMS)
  local key = prefix .. id
  local index = (at - FIRST_JOB) / PER_JOB + 1
  if locks[index] ~= token then
    -- Holder and number of the attempt name the lease that ended it.
    local ending = call('HMGET', key, 'finishedOn', 'pb', 'ats')
    local isOwn = ending[1] and ending[2] == holder and ending[3] == attempt
    return isOwn and SETTLED or LOST
  end
  local job = call('HMGET', key, 'name', 'atm', 'parentKey', 'deid', 'rjk')
  if not job[1] then return LOST end
  if job[3] or job[4] or job[5] then return NOT_PLAIN end
  local hasChildren = not noneHasChildren and call('EXISTS', key .. ':dependencies', key .. ':unsuccessful') > 0
  if hasChildren then return NOT_PLAIN end
  if not leaveActive(id) then return LOST end

  local attempts = job[2] and string.format('%.0f', job[2] + 1) or '1'
  if state == 'completed' then
    -- Nobody will run it again: its payload is emptied. A field that it has not is not made.
    local fields = { 'returnvalue', value, 'finishedOn', now, 'atm', attempts }
    if payload == IN_HASH then fields[7], fields[8] = 'payload', '' end
    if result ~= '' then fields[#fields + 1], fields[#fields + 2] = 'result', result end
    call('HSET', key, unpack(fields))
    call('XADD', KEYS[5], '*', 'event', 'completed', 'jobId', id, 'returnvalue', value, 'prev', 'active')
  else
    call('HSET', key, 'failedReason', value, 'stacktrace', '[]', 'finishedOn', now, 'atm', attempts)
    call('HDEL', key, 'defa')
    call('XADD', KEYS[5], '*', 'event', 'failed', 'jobId', id, 'failedReason', value, 'prev', 'active')
    call('XADD', KEYS[5], '*', 'event', 'retries-exhausted', 'jobId', id, 'attemptsMade', attempts)
  end
  ended[#ended + 1], unused[#unused + 1] = id, lockKeys[index]
  if payload ~= '' and payload ~= IN_HASH then unused[#unused + 1] = payload end
  local set = sets[state]
  set[#set + 1], set[#set + 2] = now, id
  note(id, tonumber(firstKey), removeAt, kept)
  if channel ~= '0' then reply(id, tonumber(channel), state == 'completed', state == 'completed' and result or value) end
  return SETTLED
end

for at = FIRST_JOB, #ARGV, PER_JOB do outcomes[#outcomes + 1] = settle(at) end
if #ended == 0 then return outcomes end

if #leaving == #oldest then
  call('LTRIM', KEYS[3], 0, -1 - #oldest)
else
  for _, id in ipairs(leaving) do call('LREM', KEYS[3], -1, id) end
end
call('UNLINK', unpack(unused))
call('XTRIM', KEYS[5], 'MAXLEN', '~', maxEvents)
call('SREM', KEYS[4], unpack(ended))
for state, target in pairs({ completed = KEYS[6], failed = KEYS[7] }) do
  if #sets[state] > 0 then
    call('ZADD', target, unpack(sets[state]))
    local old = call('ZRANGEBYSCORE', target, '-inf', ARGV[3], 'LIMIT', 0, 100)
    if #old > 0 then
      call('ZREM', target, unpack(old))
      for _, id in ipairs(old) do call('UNLINK', prefix .. id, prefix .. id .. ':logs') end
    end
  end
end
for firstKey, book in pairs(books) do
  if call('ZADD', KEYS[firstKey], unpack(book.times)) < #book.ids then
    -- An entry that is there is replaced: a job that ends again, because somebody retried it, counts once.
    for _, before in ipairs(call('HMGET', KEYS[firstKey + 1], unpack(book.ids))) do
      if before then book.change = book.change - tonumber(string.match(before, '^%d+')) end
    end
  end
  call('HSET', KEYS[firstKey + 1], unpack(book.notes))
  call('INCRBY', KEYS[firstKey + 2], book.change)
end

local waiting = call('LLEN', KEYS[1]) + call('ZCARD', KEYS[2])
if waiting == 0 and call('LLEN', KEYS[3]) == 0 then
  call('XADD', KEYS[5], 'MAXLEN', '~', maxEvents, '*', 'event', 'drained')
end
-- At its global concurrency a queue wakes nobody; now there is room again.
if waiting > 0 and meta[2] and not meta[3] then call('ZADD', KEYS[9], 0, '0') end
for channel, message in pairs(messages) do call('PUBLISH', ARGV[CHANNELS + channel], table.concat(message)) end
return outcomes
