-- QUEUED tickets whose time is up, soonest first. Writes nothing.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 until_ms, inclusive  2 most tickets
-- Returns  {row, ...}

given('count count')
local rows = {}
for i, id in ipairs(redis.call('ZRANGEBYSCORE', checked(DEADLINES, 'zset'), '-inf', ARGV[1], 'LIMIT', '0', ARGV[2])) do
  if not read_ticket(id) then corrupt(ticket_key(id), 'is missing') end
  rows[i] = ticket_row(id)
end
return rows
