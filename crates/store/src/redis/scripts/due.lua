-- Live matches whose time has come, soonest first. Writes nothing.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 now_ms  2 most matches
-- Returns  {row, ...}

given('count count')
local rows = {}
for i, id in ipairs(redis.call('ZRANGEBYSCORE', checked(DUE, 'zset'), '-inf', ARGV[1], 'LIMIT', '0', ARGV[2])) do
  if not read_match(id) then corrupt(match_key(id), 'is missing') end
  rows[i] = match_row(id)
end
return rows
