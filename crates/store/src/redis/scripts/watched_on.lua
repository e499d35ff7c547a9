-- QUEUED tickets that are noted as watched on a playserver, themselves or by one of their players: of those that a walk over all
-- QUEUED tickets comes to. Writes nothing.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 playserver  2 where the walk is, 0 at its beginning  3 about how many tickets it goes on
-- Returns  {where the walk is then, 0 at its end, row, ...}
-- Checks   type of the list, and of a ticket nothing: a fault in one keeps no other

given({'name', 'count', 'count'})
local step = redis.call('ZSCAN', checked(DEADLINES, 'zset'), ARGV[2], 'COUNT', ARGV[3])
local reply = {step[1]}
for i = 1, #step[2], 2 do
  local id = step[2][i]
  local f = listed_fields(ticket_fields, ticket_key(id))
  if has_name(watchers_of({{watchers = f[15], players_watchers = f[16]}}, nil), ARGV[1]) then reply[#reply + 1] = {id, f} end
end
return reply
