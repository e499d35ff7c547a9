-- Writes a ticket into all of its queues, unless it exists or one of its players is taken.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 ticket  2 queued_ms  3 expires_ms  4 holder  5 trace, escaped  6 players, by spaces
--          7 places: `place rating`, by semicolons  8 party's bytes  9 most QUEUED tickets  10 most events untaken
--          11 most tries that are counted  12 arrivals kept of one queue  13 ms that they are kept
-- Returns  {'QUEUED', epoch, seq, tries} | {'REPEATED', row} | {'BUSY', player, ticket} | {'FULL', 'tickets' or 'events'}
-- Checks   the ticket is new; every player's last ticket is over; both bounds; types of all keys

given('id ms ms name escaped names places text count count count count ttl')
local id, players = ARGV[1], ARGV[6]
local found, noted = read_ticket(id)
if found then return {'REPEATED', found.row} end

local t = {
  id = id, key = ticket_key(id), version = '1', queued = ARGV[2], expires = ARGV[3], holder = ARGV[4], trace = ARGV[5],
  players = players, places = ARGV[7], party = ARGV[8],
}
-- As `read_watchers`, from what is read anyway.
local watchers, seen = {}, {}
add_names(watchers, seen, noted.w)
local tries_max = tonumber(ARGV[11])
local tries, tries_of, was_there, busy = 0, {}, {}, nil
each_player(t, function(key, player)
  local f = read_hash(key, 'ticket', 'tries', 'w')
  if not busy and f[1] and LIVE[read_hash(ticket_key(f[1]), 'state')[1]] then busy = {'BUSY', player, f[1]} end
  tries_of[key] = tonumber(digits(key, 'tries', f[2] or '0'))
  tries = math.max(tries, tries_of[key])
  was_there[key] = f[1] or f[2] or f[3]
  add_names(watchers, seen, f[3])
end)
if busy then return busy end
t.tries = string.format('%.0f', math.min(tries, tries_max))

check_queues(t)
local arrivals = {}
for queue, pool in string.gmatch(t.places, '([^;|]+)|([^|]*)|[^;]*') do
  local key = realm .. ':a:' .. queue
  if not arrivals[key] then arrivals[checked(key, 'list')] = t.queued .. '|' .. pool .. '|' .. t.party end
end
local clock = read_clock()
if redis.call('ZCARD', DEADLINES) + #write_later('ZADD', DEADLINES) / 2 >= tonumber(ARGV[9]) then return {'FULL', 'tickets'} end
if redis.call('XLEN', OUTBOX) >= tonumber(ARGV[10]) then return {'FULL', 'events'} end

append(clock, {change = 'QUEUED', at = t.queued, tickets = {t}, watchers = table.concat(watchers, ' '), reason = ''})
redis.call('HSET', t.key, 'epoch', clock.epoch, 'seq', clock.seq, 'state', 'QUEUED', 'ver', t.version, 'queued', t.queued,
  'expires', t.expires, 'tries', t.tries, 'width', '0', 'players', players, 'places', t.places, 'party', t.party, 'holder', t.holder,
  'trace', t.trace, 'match', '', 'reason', '')
-- A note that it is watched was to run out.
if next(noted) then redis.call('PERSIST', t.key) end
for key, count in pairs(tries_of) do
  redis.call('HSET', key, 'ticket', id, 'tries', string.format('%.0f', math.min(count + 1, tries_max)))
  if was_there[key] then redis.call('PERSIST', key) end
end
queue_up(t)
local last_kept, kept_ms = tonumber(ARGV[12]) - 1, ARGV[13]
for key, entry in pairs(arrivals) do
  later('LPUSH', key, entry).after = function()
    redis.call('LTRIM', key, 0, last_kept)
    redis.call('PEXPIRE', key, kept_ms)
  end
end
return {'QUEUED', clock.epoch, clock.seq, t.tries}
