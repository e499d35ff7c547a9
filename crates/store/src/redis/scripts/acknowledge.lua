-- Notes that a player knows of his match.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 match  2 player
-- Returns  {'DONE', trace of his ticket, unless he has another by now} | {'REFUSED', row} | {'NOT_FOUND'}
-- Checks   types of all keys; the player is in the match; he is noted once; it is live, or he was noted before

given({'id', 'name'})
local m = read_match(ARGV[1])
if not m or not has_name(m.players, ARGV[2]) then return {'NOT_FOUND'} end
local id = read_hash(player_key(ARGV[2]), 'last')[1]
local t = id and read_hash(ticket_key(id), 'match', 'trace') or {}
if not has_name(m.acked, ARGV[2]) then
  if not MATCH_LIVE[m.state] then return {'REFUSED', m.row} end
  redis.call('HSET', m.key, 'acked', m.acked == '' and ARGV[2] or (m.acked .. ' ' .. ARGV[2]))
end
return {'DONE', t[1] == m.id and t[2] or ''}
