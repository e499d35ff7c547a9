-- Notes that a player knows of his match.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 match  2 player
-- Returns  1 when he is in the match, else 0
-- Checks   the player is in the match; he is noted once

local m = read_match(ARGV[1])
if not m then return 0 end
local function has(names) return string.find(' ' .. names .. ' ', ' ' .. ARGV[2] .. ' ', 1, true) end
if not has(m.players) then return 0 end
if has(m.acked) then return 1 end

redis.call('HSET', m.key, 'acked', m.acked == '' and ARGV[2] or (m.acked .. ' ' .. ARGV[2]))
return 1
