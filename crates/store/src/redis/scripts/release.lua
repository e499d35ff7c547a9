-- Lets go of some of the tickets of a holder: nobody holds them afterwards. Called until it answers 0, so that no single step
-- is long.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 holder  2 most tickets
-- Returns  how many were let go
-- Checks   types of all keys, and of a ticket nothing else: a fault in one keeps no other. One that does not wait is let go of all
--          the same; one that says that another holds it goes to him

given({'name', 'count'})
write_late()
local holder = ARGV[1]
checked(HOLDERS, 'set')
local tickets = {}
for i, id in ipairs(redis.call('SRANDMEMBER', checked(held_key(holder), 'set'), ARGV[2])) do
  tickets[i] = read_held(id, holder, NOBODY)
end

for _, t in ipairs(tickets) do hand_over(t) end
return #tickets
