-- MATCHED stays MATCHED under another host, and is published again, to the host that it leaves too: that counts it no longer. The same
-- host and due_ms as stored is a repeated call.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 fence  2 match  3 host  4 now_ms  5 due_ms
-- Returns  {'DONE', row} | {'REFUSED', row} | {'NOT_FOUND'} | {'FENCED'}
-- Checks   the fence, before all else; the match is MATCHED; types of all keys

given({'text', 'id', 'name', 'ms', 'ms'})
if not leads(ARGV[1]) then return {'FENCED'} end
local m = read_match(ARGV[2])
if not m then return {'NOT_FOUND'} end
if m.state ~= 'MATCHED' then return {'REFUSED', m.row} end
local due = redis.call('ZSCORE', checked(DUE, 'zset'), m.id)
if m.host == ARGV[3] and tonumber(due) == tonumber(ARGV[5]) then return {'DONE', m.row} end
local tickets = read_tickets_of(m)
local clock, watchers = read_clock(), watchers_of(tickets, ARGV[3] .. ' ' .. m.host)

m.host = ARGV[3]
append(clock, {change = 'MATCHED', at = ARGV[4], tickets = tickets, watchers = watchers, reason = '', match = m})
for _, t in ipairs(tickets) do change_ticket(t, clock) end
redis.call('HSET', m.key, 'host', m.host)
redis.call('ZADD', DUE, ARGV[5], m.id)
return {'DONE', match_row(m)}
