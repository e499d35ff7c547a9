-- Live matches whose time has come, soonest first. What is listed and not there is struck from the list, and nothing else written.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 now_ms  2 most matches
-- Returns  {row, ...}
-- Checks   type of the list, and of a match nothing: a fault in one keeps no other

given({'count', 'count'})
local rows = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', checked(DUE, 'zset'), '-inf', ARGV[1], 'LIMIT', '0', ARGV[2])) do
  local f = listed_fields(match_fields, match_key(id))
  if f[1] then rows[#rows + 1] = {id, f} else strike(DUE, id, match_key(id)) end
end
return rows
