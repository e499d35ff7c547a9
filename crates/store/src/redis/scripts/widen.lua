-- Raises a QUEUED ticket's width; tells whoever watches, and nobody when nobody does.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 ticket  2 width  3 now_ms
-- Returns  1 when it was raised, else 0
-- Checks   the ticket is QUEUED and less wide; types of all keys

given({'id', 'u32', 'ms'})
local t = read_ticket(ARGV[1])
if not t or t.state ~= 'QUEUED' or tonumber(t.width) >= tonumber(ARGV[2]) then return 0 end
local clock, watchers = read_clock(), watchers_of({t}, nil)

if watchers == '' then
  redis.call('HSET', t.key, 'width', ARGV[2])
  return 1
end
append(clock, {change = 'WIDENED', at = ARGV[3], tickets = {t}, watchers = watchers, reason = ARGV[2]})
change_ticket(t, clock, 'width', ARGV[2])
return 1
