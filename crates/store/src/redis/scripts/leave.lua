-- Takes a QUEUED ticket out of its queues for good.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 ticket  2 CANCELLED or EXPIRED  3 reason  4 now_ms  5 1 if only a ticket that nobody watches may leave
-- Returns  {'LEFT', row} | {'REFUSED', row} | {'NOT_FOUND'}
-- Checks   the ticket is QUEUED, or left in this way before; nobody watches it where nobody may; types of all keys

given({'id', 'name', 'text', 'ms', 'count'})
local id, how, reason = ARGV[1], ARGV[2], ARGV[3]
local t = read_ticket(id)
if not t then return {'NOT_FOUND'} end
if t.state ~= 'QUEUED' then return {t.state == how and 'LEFT' or 'REFUSED', t.row} end
check_queues(t)
local clock, watchers = read_clock(), watchers_of({t}, nil)
if ARGV[5] == '1' and watchers ~= '' then return {'REFUSED', t.row} end
local tries = read_tries(t)

append(clock, {change = how, at = ARGV[4], tickets = {t}, watchers = watchers, reason = reason})
leave_queues(t)
change_ticket(t, clock, 'state', how, 'reason', reason)
count_try(tries)
let_expire(t)
return {'LEFT', ticket_row(id)}
