-- Lets go of some of the tickets of a holder: nobody holds them afterwards. Called until it answers 0, so that no single step
-- is long.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 holder  2 most tickets
-- Returns  how many were let go
-- Checks   every ticket found is QUEUED and held by the holder; types of all keys. One that is not there is let go of all the same

given({'name', 'count'})
write_late()
local holder = ARGV[1]
checked(HOLDERS, 'set')
checked(held_key(NOBODY), 'set')
local tickets = {}
local ids = redis.call('SRANDMEMBER', checked(held_key(holder), 'set'), ARGV[2])
for _, id in ipairs(ids) do
  local t = read_ticket(id)
  if t and (t.state ~= 'QUEUED' or t.holder ~= holder) then corrupt(ticket_key(id), 'is not queued as held') end
  tickets[id] = t
end

for _, id in ipairs(ids) do
  if tickets[id] then
    redis.call('HSET', ticket_key(id), 'holder', NOBODY)
    hold(id, NOBODY)
  end
  let_go(id, holder)
end
return #ids
