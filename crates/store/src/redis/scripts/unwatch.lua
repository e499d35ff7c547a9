-- Takes back the note that a player or ticket is watched on a playserver. Leaves the key's time to live as it is.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 'p' for a player, 't' for a ticket  2 its name  3 playserver
-- Returns  1
-- Checks   types of all keys

given({'name', 'name', 'name'})
local kind, name = ARGV[1], ARGV[2]
local key = kind == 'p' and player_key(name) or ticket_key(name)
local f = read_hash(key, 'w', 'last')
local noted = table.concat(names_without(f[1], ARGV[3]), ' ')
local t = kind == 'p' and f[2] and read_ticket(f[2])
local of_players = t and LIVE[t.state] and read_players_watchers(t, name, noted)

if noted == '' then redis.call('HDEL', key, 'w') else redis.call('HSET', key, 'w', noted) end
if of_players then redis.call('HSET', t.key, 'pw', of_players) end
return 1
