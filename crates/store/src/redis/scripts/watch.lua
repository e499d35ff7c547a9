-- Notes that a player or ticket is watched on a playserver, and answers its present state.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 'p' for a player, 't' for a ticket  2 its name  3 playserver
-- Returns  {ticket row, match row}, as far as there are any
-- Checks   types of all keys
-- A note on what is not live keeps no key alive for good: it gets the time a terminal ticket, or tries, are kept.

given({'name', 'name', 'name'})
local kind, name, playserver = ARGV[1], ARGV[2], ARGV[3]
local key = kind == 'p' and player_key(name) or ticket_key(name)
local rows, t, watchers = read_snapshot(kind, name)
local names = names_without(watchers, playserver)
names[#names + 1] = playserver
for _ = 1, #names - WATCHERS_MAX do table.remove(names, 1) end
local noted, is_live = table.concat(names, ' '), t and LIVE[t.state]
local of_players = kind == 'p' and is_live and read_players_watchers(t, name, noted)

redis.call('HSET', key, 'w', noted)
if of_players then redis.call('HSET', t.key, 'pw', of_players) end
if kind == 'p' and not is_live then redis.call('PEXPIRE', key, TRIES_KEPT_MS) end
if kind == 't' and not t then redis.call('PEXPIRE', key, TERMINAL_KEPT_MS) end
return rows
