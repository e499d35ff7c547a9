-- Instances of a role whose lease has not run out on Redis' own clock. Writes nothing.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 role  2 most instances
-- Returns  {{instance, record}, ...}
-- Checks   types of all keys; every instance has a record

given({'name', 'count'})
local live, info = checked(realm .. ':live:' .. ARGV[1], 'zset'), checked(realm .. ':info:' .. ARGV[1], 'hash')
local rows = {}
for i, id in ipairs(redis.call('ZRANGEBYSCORE', live, string.format('(%.0f', server_ms()), '+inf', 'LIMIT', '0', ARGV[2])) do
  local record = redis.call('HGET', info, id)
  if not record then corrupt(info, 'lacks ' .. id) end
  rows[i] = {id, record}
end
return rows
