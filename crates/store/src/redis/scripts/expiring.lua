-- QUEUED tickets whose time is up, soonest first. What is listed and not there is struck from the list, and nothing else written.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 until_ms, inclusive  2 most tickets  3 bytes of parties after which none is answered
-- Returns  {row, ...}
-- Checks   type of the list, and of a ticket nothing: a fault in one keeps no other

given({'count', 'count', 'count'})
local rows, bytes_left = {}, tonumber(ARGV[3])
for _, id in ipairs(redis.call('ZRANGEBYSCORE', checked(DEADLINES, 'zset'), '-inf', ARGV[1], 'LIMIT', '0', ARGV[2])) do
  if bytes_left < 0 then break end
  local f = listed_fields(ticket_fields, ticket_key(id))
  if f[1] then rows[#rows + 1], bytes_left = {id, f}, bytes_left - #(f[9] or '') else strike(DEADLINES, id, ticket_key(id)) end
end
return rows
