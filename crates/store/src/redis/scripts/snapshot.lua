-- The present state of a player or ticket. Writes nothing.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 'p' for a player, 't' for a ticket  2 its name
-- Returns  {ticket row, match row}, as far as there are any

given({'name', 'name'})
local rows = read_snapshot(ARGV[1], ARGV[2])
return rows
