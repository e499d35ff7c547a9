-- Takes a QUEUED ticket out of its queues for good.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 ticket  2 CANCELLED or EXPIRED  3 reason  4 now_ms  5 ms a terminal ticket is kept  6 ms tries are kept
--          7 1 if only a ticket that nobody watches may leave
-- Returns  {'LEFT', row} | {'REFUSED', row} | {'NOT_FOUND'}
-- Checks   the ticket is QUEUED, or left in this way before; nobody watches it where nobody may; types of all keys

given('id name text ms ttl ttl count')
local id, how, reason = ARGV[1], ARGV[2], ARGV[3]
local t = read_ticket(id)
if not t then return {'NOT_FOUND'} end
if t.state ~= 'QUEUED' then return {t.state == how and 'LEFT' or 'REFUSED', t.row} end
check_queues(t)
local clock, watchers = read_clock(), read_watchers({t}, nil)
if ARGV[7] == '1' and watchers ~= '' then return {'REFUSED', t.row} end

append(clock, {change = how, at = ARGV[4], tickets = {t}, watchers = watchers, reason = reason})
leave_queues(t)
change_ticket(t, clock, 'state', how, 'reason', reason)
let_expire(t, ARGV[5], ARGV[6])
return {'LEFT', ticket_row(id)}
