-- Takes back the note that a player or ticket is watched on a playserver. Leaves the key's time to live as it is.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 'p' for a player, 't' for a ticket  2 its name  3 playserver
-- Returns  1
-- Checks   the key's type

given('name name name')
local key = ARGV[1] == 'p' and player_key(ARGV[2]) or ticket_key(ARGV[2])
local names = names_without(read_hash(key, 'w')[1], ARGV[3])

if #names == 0 then redis.call('HDEL', key, 'w') else redis.call('HSET', key, 'w', table.concat(names, ' ')) end
return 1
