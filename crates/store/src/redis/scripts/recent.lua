-- Whom players met in their last matches, the latest first. Writes nothing.
--
-- KEYS[1]  the realm's prefix
-- ARGV     players
-- Returns  {names by spaces, ...}: one for each player, empty where he met nobody
-- Checks   types of all keys

given({}, {'name'})
local met = {}
for i, player in ipairs(ARGV) do met[i] = read_string(recent_key(player)) or '' end
return met
