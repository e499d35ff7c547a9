-- QUEUED tickets that are noted as watched on a playserver, themselves or by one of their players: of those that a walk over all
-- QUEUED tickets comes to. Writes nothing.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 playserver  2 where the walk is, 0 at its beginning  3 about how many tickets it goes on
-- Returns  {where the walk is then, 0 at its end, row, ...}

given({'name', 'count', 'count'})
local step = redis.call('ZSCAN', checked(DEADLINES, 'zset'), ARGV[2], 'COUNT', ARGV[3])
local reply = {step[1]}
for i = 1, #step[2], 2 do
  local t = read_ticket(step[2][i])
  if has_name(watchers_of({t}, nil), ARGV[1]) then reply[#reply + 1] = t.row end
end
return reply
