-- QUEUED tickets whose time is up, soonest first. What is listed and not there is struck from the list, and nothing else written.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 until_ms, inclusive  2 most tickets
-- Returns  {row, ...}

given('count count')
local rows = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', checked(DEADLINES, 'zset'), '-inf', ARGV[1], 'LIMIT', '0', ARGV[2])) do
  if read_ticket(id) then rows[#rows + 1] = ticket_row(id) else strike(DEADLINES, id, ticket_key(id)) end
end
return rows
