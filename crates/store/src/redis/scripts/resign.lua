-- Gives the lead up at once, if the fence still holds it.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 fence
-- Returns  1
-- Checks   the fence

given({'text'})
if leads(ARGV[1]) then redis.call('DEL', LEADER) end
return 1
