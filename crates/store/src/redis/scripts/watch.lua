-- Notes that a player or ticket is watched on a playserver, and answers its present state.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 'p' for a player, 't' for a ticket  2 its name  3 playserver  4 most playservers kept
--          5 ms a terminal ticket is kept  6 ms tries are kept
-- Returns  {ticket row, match row}, as far as there are any
-- Checks   types of all keys
-- A note on what is not live keeps no key alive for good: it gets the time a terminal ticket, or tries, are kept.

given('name name name count ttl ttl')
local kind, name, playserver = ARGV[1], ARGV[2], ARGV[3]
local key = kind == 'p' and player_key(name) or ticket_key(name)
local rows, live, watchers = read_snapshot(kind, name)
local names = names_without(watchers, playserver)
names[#names + 1] = playserver
for _ = 1, #names - tonumber(ARGV[4]) do table.remove(names, 1) end

redis.call('HSET', key, 'w', table.concat(names, ' '))
if kind == 'p' and not live then redis.call('PEXPIRE', key, ARGV[6]) end
if kind == 't' and live == nil then redis.call('PEXPIRE', key, ARGV[5]) end
return rows
