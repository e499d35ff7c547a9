-- ASSIGNED stays ASSIGNED and is told again to tickets of which a player did not acknowledge it. The stored due_ms is a repeated call.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 fence  2 match  3 now_ms  4 due_ms
-- Returns  {'DONE', row} | {'REFUSED', row} | {'NOT_FOUND'} | {'FENCED'}
-- Checks   the fence, before all else; the match is ASSIGNED; types of all keys

given({'text', 'id', 'ms', 'ms'})
if not leads(ARGV[1]) then return {'FENCED'} end
local m = read_match(ARGV[2])
if not m then return {'NOT_FOUND'} end
if m.state ~= 'ASSIGNED' then return {'REFUSED', m.row} end
local due = redis.call('ZSCORE', checked(DUE, 'zset'), m.id)
if tonumber(due) == tonumber(ARGV[4]) then return {'DONE', m.row} end
local _, silent = split_by_acked(m, read_tickets_of(m))

if #silent > 0 then
  local clock, watchers = read_clock(), watchers_of(silent, nil)
  append(clock, {change = 'ASSIGNED', at = ARGV[3], tickets = silent, watchers = watchers, reason = '', match = m})
  for _, t in ipairs(silent) do change_ticket(t, clock) end
end
redis.call('ZADD', DUE, ARGV[4], m.id)
return {'DONE', match_row(m)}
