-- Shared by all scripts: put before each is what it names of it, and what that names. A part begins with `local` on the left.
--
-- KEYS[1]  the realm's prefix `{realm}`. Every other key is derived from it, so all share its hash slot:
--   :t:<ticket>    hash    a ticket; `w` = playservers that watch it, `pw` = those that watch a player of it while it lives;
--                          `width`, `match` and `reason` may be absent: 0 and empty; `changed` = the id of the event of its last change
--   :p:<player>    hash    `last` = his last ticket, his tries before it, `w` = playservers that watch him; with a name of six letters
--                          instead of `last` it would take 64 bytes, not 48
--   :r:<player>    string  whom he met in his last matches, the latest first; runs out some time after the last of them
--   :m:<match>     hash    a match
--   :q:<place>     zset    covering index of one place `queue|pool|region`; score = rating,
--                          member = `ticket|version|queued_ms|tries|rating|` and then the party as it is listed: asked for
--                          scores as well, Redis would spend three quarters of a read on printing them
--   :a:<queue>     list    who came to a queue lately, the last first; a hint, which runs out some time after the last came;
--                          entry = `queued_ms|pool|ticket|` and then the party as it is listed
--   :h:<holder>    set     tickets that a holder looks for; the holder `-` is nobody
--   :holders       set     holders that hold a ticket
--   :deadlines     zset    QUEUED tickets by expires_ms
--   :due           zset    live matches by due_ms
--   :outbox        stream  events, each packed in one field, `e`; an entry's id is `<epoch>-<seq>`
--   :clock         hash    epoch and seq of the last event
--   :leader        string  the fence: `<epoch that the lead began>|<instance>|<its process>`, expires with the lease
--   :live:<role>   zset    instances by expiry, in ms of Redis' own clock
--   :info:<role>   hash    instance -> its record
--   :gate          string  written by no script, and read by nobody: replicas that have it have all that was written before
--
-- Redis does not undo a script that raises an error. So a script checks everything it is going to touch, types included,
-- and only then writes; `corrupt` may be called before the first write only. Numbers are kept and compared as text: a Lua
-- number is a double. Only lists of a fixed length are unpacked: it fails near 8,000 items.
--
-- Bounds in capitals that are not declared here come from bounds.rs, by scripts.rs.

-- === arguments ===

-- Whether the text is a finite rating that Redis takes for a score: it takes none that is too small to be told from 0.
local function is_rating(text)
  local rating = string.find(text, '^%-?%d+%.?%d*$') and tonumber(text)
  return rating and math.abs(rating) < math.huge and (rating ~= 0 or not string.find(text, '[1-9]'))
end

-- Whether `text` is of the kind that an argument may be of.
local function is_of(kind, text)
  if kind == 'text' then return true end -- a fence, too: it is compared
  if kind == 'id' then return #text == 32 and string.find(text, '^[0-9a-f]+$') end -- of a ticket or match
  if kind == 'name' then return #text <= 64 and string.find(text, '^[%w_.:@-]+$') end
  if kind == 'ms' then return #text <= 15 and string.find(text, '^%d+$') end -- a time, of which a Lua number loses nothing
  if kind == 'count' then return #text <= 20 and string.find(text, '^%d+$') end -- compared, never kept
  if kind == 'ttl' then return #text <= 15 and string.find(text, '^[1-9]%d*$') end -- a time to live, in ms
  if kind == 'u32' then return is_of('count', text) and tonumber(text) <= 4294967295 end
  -- Text in which every separator is `%XX`; few have one.
  if kind == 'escaped' then
    return string.find(text, '^[%w_.:@-]*$') or not string.find(string.gsub(text, '%%%x%x', ''), '[^%w_.:@-]')
  end
  -- By spaces.
  if kind == 'names' then
    for name in string.gmatch(text .. ' ', '([^ ]*) ') do
      if not is_of('name', name) then return false end
    end
    return true
  end
  -- `queue|pool|region rating`, by semicolons.
  if kind == 'places' then
    for place in string.gmatch(text .. ';', '([^;]*);') do
      local queue, pool, region, rating = string.match(place, '^([^|]*)|([^|]*)|([^| ]*) ([^ ]+)$')
      if not (rating and is_of('name', queue) and is_of('escaped', pool .. region) and is_rating(rating)) then return false end
    end
    return true
  end
  -- An instance's `address|region|capacity|load`.
  if kind == 'record' then
    local address, region, capacity, load = string.match(text, '^([^|]*)|([^|]*)|(%d+)|(%d+)$')
    return load and is_of('escaped', address .. region) and is_of('u32', capacity) and is_of('u32', load)
  end
end

-- Says of what kinds a script's arguments are, and of what kinds those are that follow any number of times. What each script does first:
-- one that is given anything else does nothing at all.
local function given(kinds, again)
  local more = #ARGV - #kinds
  if not (more == 0 or again and more > 0 and more % #again == 0) then
    local taken = table.concat(kinds, ' ') .. ' ' .. table.concat(again or {}, ' ')
    error({err = 'ERR ' .. #ARGV .. ' arguments instead of `' .. taken .. '`'})
  end
  for i = 1, #ARGV do
    local kind = kinds[i] or again[(i - #kinds - 1) % #again + 1]
    if not is_of(kind, ARGV[i]) then error({err = 'ERR argument ' .. i .. ' is not of the kind `' .. kind .. '`'}) end
  end
end

local realm = KEYS[1]
local OUTBOX, CLOCK, LEADER = realm .. ':outbox', realm .. ':clock', realm .. ':leader'
local DEADLINES, DUE, HOLDERS = realm .. ':deadlines', realm .. ':due', realm .. ':holders'
local NOBODY = '-'
-- Every state, and whether what is in it lives on.
local LIVE = {QUEUED = true, MATCHED = true, ASSIGNED = true, ENDED = false, CANCELLED = false, EXPIRED = false}
local MATCH_LIVE = {MATCHED = true, ASSIGNED = true, ENDED = false, FAILED = false}

local function ticket_key(id) return realm .. ':t:' .. id end
local function player_key(id) return realm .. ':p:' .. id end
local function place_key(place) return realm .. ':q:' .. place end
local function recent_key(player) return realm .. ':r:' .. player end
local function match_key(id) return realm .. ':m:' .. id end
local function arrivals_key(queue) return realm .. ':a:' .. queue end
local function held_key(holder) return realm .. ':h:' .. holder end

-- Ends the script with an error that names the key that cannot be used.
local function corrupt(key, what)
  error({err = 'CORRUPT ' .. key .. ' ' .. what})
end

-- Somebody deleted what is still listed: the others in the list must not wait for it.
local function strike(list, id, key)
  redis.log(redis.LOG_WARNING, 'muster: ' .. key .. ' is missing')
  redis.call('ZREM', list, id)
end

-- Of keys that were checked: all of a realm's tickets share some, and nothing is written before all is checked.
local types = {}

-- A key that is absent or of the type `kind`.
local function checked(key, kind)
  local found = types[key] or redis.call('TYPE', key).ok
  types[key] = found
  if found ~= kind and found ~= 'none' then corrupt(key, 'is a ' .. found .. ' instead of a ' .. kind) end
  return key
end

local function read_hash(key, ...)
  local row = redis.pcall('HMGET', key, ...)
  if row.err then corrupt(key, 'cannot be read: ' .. row.err) end
  return row
end

local function read_string(key)
  local text = redis.pcall('GET', key)
  if type(text) == 'table' then corrupt(key, 'cannot be read: ' .. text.err) end
  return text
end

-- `value` of a field, which must hold an unsigned integer.
local function digits(key, field, value)
  if not (value and string.find(value, '^%d+$')) then corrupt(key, 'has no number in ' .. field) end
  return value
end

-- `state`, which must be one of `states`.
local function known(key, state, states)
  if states[state] == nil then corrupt(key, 'is in no state but ' .. state) end
  return state
end

-- A place in history, which must be `<epoch>-<seq>`.
local function dated(key, changed)
  if not (changed and string.find(changed, '^%d+%-%d+$')) then corrupt(key, 'has no place in history') end
  return changed
end

-- `places`, each of which must be `place rating`: of each the key of its index, and the rating.
local function placed(key, places)
  local list = {}
  for place in string.gmatch(places .. ';', '([^;]*);') do
    local name, rating = string.match(place, '^([^ ]+) ([^ ]+)$')
    if not (rating and is_rating(rating)) then corrupt(key, 'has a place that is none: ' .. place) end
    list[#list + 1] = {key = place_key(name), rating = rating}
  end
  return list
end

local function plus_one(text)
  return string.format('%.0f', tonumber(text) + 1)
end

-- Adds to `list` the names in `text` that were not `seen` before, until it holds `most` of them where there is a most.
local function add_names(list, seen, text, most)
  for name in string.gmatch(text or '', '%S+') do
    if #list == most then return end
    if not seen[name] then
      seen[name] = true
      list[#list + 1] = name
    end
  end
end

-- Whether `name` is among `names`.
local function has_name(names, name)
  return string.find(' ' .. names .. ' ', ' ' .. name .. ' ', 1, true) ~= nil
end

-- Whether `fence` holds the lead. Compared as text.
local function leads(fence)
  return read_string(LEADER) == fence
end

-- === what is written late ===

-- Most elements of one command: only so many are unpacked.
local ELEMENTS_MAX = 1000
-- What calls of a script put into keys that they share, or take out of them, is written after the last of them, in one command for each
-- key: nothing else costs a script as much. Whoever reads such a key, or puts into it what may be yet to be taken out, has it written before.
-- A call writes something at once before it puts off anything: for want of memory Redis refuses the first write, and none that follows.
local late, late_by_key = {}, {}

local function write_late()
  for _, write in ipairs(late) do
    for i = 1, #write, ELEMENTS_MAX do
      redis.call(write.command, write.key, unpack(write, i, math.min(i + ELEMENTS_MAX - 1, #write)))
    end
    if write.after then write.after() end
  end
  late, late_by_key = {}, {}
end

-- What is to be written by `command` to a key that was checked: a list of arguments to add to, with what is done `after` it, if anything.
local function write_later(command, key)
  local by_key = late_by_key[command] or {}
  local write = by_key[key]
  if not write then
    write = {command = command, key = key}
    late[#late + 1], by_key[key], late_by_key[command] = write, write, by_key
  end
  return write
end

-- Adds an element of one or two arguments to what is to be written, and returns that.
local function later(command, key, one, other)
  local write = write_later(command, key)
  write[#write + 1] = one
  write[#write + 1] = other
  return write
end

local counts = {}

-- How many elements a key that was checked had before the first of the calls: `command` counts them.
local function counted_before(command, key)
  counts[key] = counts[key] or redis.call(command, key)
  return counts[key]
end

-- === tickets ===

-- The fields of a ticket: the first 14 in the order in which row.rs reads them, then the store's own.
local function ticket_fields(key)
  local f = read_hash(key, 'state', 'ver', 'queued', 'expires', 'tries', 'width', 'players', 'places', 'party', 'holder', 'trace',
    'match', 'reason', 'changed', 'w', 'pw')
  f[6], f[12], f[13] = f[6] or '0', f[12] or '', f[13] or ''
  return f
end

-- The ticket with every field checked, and its row; nil when there is none. Second value: the playservers noted under its key.
local function read_ticket(id)
  local key = ticket_key(id)
  local f = ticket_fields(key)
  if not f[1] then return nil, f[15] end
  if not (f[7] and f[8] and f[9] and f[10] and f[11]) then corrupt(key, 'lacks a field') end
  dated(key, f[14])
  return {
    id = id, key = key, row = {id, f}, state = known(key, f[1], LIVE), version = digits(key, 'ver', f[2]),
    queued = digits(key, 'queued', f[3]), expires = digits(key, 'expires', f[4]), tries = digits(key, 'tries', f[5]),
    width = digits(key, 'width', f[6]), players = f[7], places = f[8], stands = placed(key, f[8]), party = f[9], holder = f[10],
    trace = f[11], match = f[12], watchers = f[15], players_watchers = f[16],
  }, f[15]
end

-- The same as far as a commit needs it; nil unless it is QUEUED.
local function read_queued(id)
  local key = ticket_key(id)
  local f = read_hash(key, 'state', 'ver', 'queued', 'tries', 'party', 'places', 'players', 'holder', 'trace', 'w', 'pw')
  if f[1] ~= 'QUEUED' then return nil end
  if not (f[6] and f[7] and f[8] and f[9]) then corrupt(key, 'lacks a field') end
  return {
    id = id, key = key, version = f[2], queued = f[3], tries = f[4], party = f[5], places = f[6], stands = placed(key, f[6]),
    players = f[7], holder = f[8], trace = f[9], watchers = f[10], players_watchers = f[11],
  }
end

-- The same as far as news of it need it, and as it stands in a live match.
local function read_matched(id, m)
  local key = ticket_key(id)
  local f = read_hash(key, 'state', 'match', 'players', 'trace', 'tries', 'w', 'pw')
  if f[1] ~= m.state or f[2] ~= m.id then corrupt(key, 'does not stand in its match') end
  if not (f[3] and f[4]) then corrupt(key, 'lacks a field') end
  return {id = id, key = key, players = f[3], trace = f[4], tries = f[5], watchers = f[6], players_watchers = f[7]}
end

local function ticket_row(id)
  return {id, ticket_fields(ticket_key(id))}
end

-- To go through with `for`.
local function players_of(t) return string.gmatch(t.players, '%S+') end

-- Whether the ticket has a place in `queue`, of whatever pool and region.
local function has_place_in(t, queue)
  return string.find(';' .. t.places, ';' .. queue .. '|', 1, true) ~= nil
end

-- Checks all that `queue_up` and `leave_queues` write for the ticket.
local function check_queues(t)
  checked(DEADLINES, 'zset')
  checked(HOLDERS, 'set')
  checked(held_key(t.holder), 'set')
  for _, place in ipairs(t.stands) do checked(place.key, 'zset') end
end

-- The party as it is listed beside others: how many bytes it has, and these, unless they are so many that the ticket alone holds them.
local function listed(party)
  return #party .. '|' .. (#party <= PARTY_LISTED_BYTES_MAX and party or '')
end

local function index_member(t, rating)
  return t.id .. '|' .. t.version .. '|' .. t.queued .. '|' .. t.tries .. '|' .. rating .. '|' .. listed(t.party)
end

local function hold(id, holder)
  local write = later('SADD', held_key(holder), id)
  write.after = write.after or function() redis.call('SADD', HOLDERS, holder) end
end

local function let_go(id, holder)
  local write = later('SREM', held_key(holder), id)
  write.after = write.after or function()
    if redis.call('EXISTS', held_key(holder)) == 0 then redis.call('SREM', HOLDERS, holder) end
  end
end

-- A ticket that is listed as held by `holder`, who lets go of it for `to`: `to` is whom it goes to, nil where it does not wait. One that
-- says that another holds it goes to him: it was never this one's.
local function read_held(id, holder, to)
  local key = ticket_key(id)
  local f = read_hash(key, 'state', 'holder', 'party')
  local says = f[2] or holder
  if f[1] ~= 'QUEUED' then
    redis.log(redis.LOG_WARNING, 'muster: ' .. key .. ' does not wait, though ' .. holder .. ' holds it')
    to = nil
  elseif says ~= holder then
    redis.log(redis.LOG_WARNING, 'muster: ' .. key .. ' is held by ' .. says .. ', and listed as held by ' .. holder)
    to = says
  end
  return {id = id, key = key, holder = holder, to = to and checked(held_key(to), 'set') and to, party = f[3] or ''}
end

-- Gives it to whom it goes.
local function hand_over(t)
  if t.to then
    redis.call('HSET', t.key, 'holder', t.to)
    hold(t.id, t.to)
  end
  let_go(t.id, t.holder)
end

-- Puts the ticket into every index of all its queues.
local function queue_up(t)
  for _, place in ipairs(t.stands) do later('ZADD', place.key, place.rating, index_member(t, place.rating)) end
  later('ZADD', DEADLINES, t.expires, t.id)
  hold(t.id, t.holder)
end

-- Takes the ticket out of every index of all its queues.
local function leave_queues(t)
  for _, place in ipairs(t.stands) do later('ZREM', place.key, index_member(t, place.rating)) end
  later('ZREM', DEADLINES, t.id)
  let_go(t.id, t.holder)
end

-- From here on nobody owns the ticket's keys: they run out by themselves.
local function let_expire(t)
  redis.call('PEXPIRE', t.key, TERMINAL_KEPT_MS)
  for player in players_of(t) do redis.call('PEXPIRE', player_key(player), TRIES_KEPT_MS) end
end

-- The tries of the ticket's players with this one, by their keys.
local function read_tries(t)
  local tries_by_key = {}
  for player in players_of(t) do
    local key = player_key(player)
    local before = tonumber(digits(key, 'tries', read_hash(key, 'tries')[1] or '0'))
    tries_by_key[key] = string.format('%.0f', math.min(before + 1, TRIES_MAX))
  end
  return tries_by_key
end

-- No match was started for the ticket: it was a try of each of its players.
local function count_try(tries_by_key)
  for key, tries in pairs(tries_by_key) do redis.call('HSET', key, 'tries', tries) end
end

-- === matches ===

-- The fields of a match: the first 8 in the order in which row.rs reads them, then the store's own.
local function match_fields(key)
  return read_hash(key, 'state', 'tickets', 'host', 'address', 'sheet', 'acked', 'matched', 'assigned', 'players')
end

-- The match with every field checked, and its row; nil when there is none.
local function read_match(id)
  local key = match_key(id)
  local f = match_fields(key)
  if not f[1] then return nil end
  if not (f[2] and f[3] and f[4] and f[5] and f[6] and f[9]) then corrupt(key, 'lacks a field') end
  return {
    id = id, key = key, row = {id, f}, state = known(key, f[1], MATCH_LIVE), tickets = f[2], host = f[3], address = f[4], sheet = f[5],
    acked = f[6], matched = digits(key, 'matched', f[7]), assigned = digits(key, 'assigned', f[8]), players = f[9],
  }
end

-- The row of a match as it was changed.
local function match_row(m)
  return {m.id, {m.state, m.tickets, m.host, m.address, m.sheet, m.acked, m.matched, m.assigned}}
end

-- The tickets of a live match as far as news of them need them.
local function read_tickets_of(m)
  local tickets = {}
  for id in string.gmatch(m.tickets, '%S+') do tickets[#tickets + 1] = read_matched(id, m) end
  return tickets
end

-- The same whole.
local function read_whole_tickets_of(m)
  local tickets = {}
  for i, t in ipairs(read_tickets_of(m)) do tickets[i] = read_ticket(t.id) end
  return tickets
end

-- Those of the tickets of which every player acknowledged the match, and the others.
local function split_by_acked(m, tickets)
  local shown, silent = {}, {}
  for _, t in ipairs(tickets) do
    local is_shown = true
    for player in players_of(t) do is_shown = is_shown and has_name(m.acked, player) end
    table.insert(is_shown and shown or silent, t)
  end
  return shown, silent
end

-- Checks all that `return_to_queues` writes, and gives tickets of a match that failed a new version, held by nobody.
local function check_return(tickets)
  for _, t in ipairs(tickets) do
    t.version, t.holder = plus_one(t.version), NOBODY
    check_queues(t)
  end
end

-- === events ===

-- The playservers that hear of a change: `host` first, if any, then whoever watches a ticket or one of its players, each once.
local function watchers_of(tickets, host)
  local seen, list = {}, {}
  add_names(list, seen, host)
  for _, t in ipairs(tickets) do
    add_names(list, seen, t.watchers)
    add_names(list, seen, t.players_watchers)
  end
  return table.concat(list, ' ')
end

-- The place in history of the last event, read once.
local last_read

local function read_last()
  if not last_read then
    local f = read_hash(CLOCK, 'epoch', 'seq')
    last_read = {epoch = digits(CLOCK, 'epoch', f[1] or '1'), seq = digits(CLOCK, 'seq', f[2] or '0')}
  end
  return last_read
end

-- From here on history has come to `clock`.
local function go_on(clock)
  last_read = clock
  local write = write_later('HSET', CLOCK)
  write[1], write[2], write[3], write[4] = 'epoch', clock.epoch, 'seq', clock.seq
end

-- The place in history of the event that comes next, and its id.
local function read_clock()
  checked(OUTBOX, 'stream')
  local last = read_last()
  local seq = plus_one(last.seq)
  return {epoch = last.epoch, seq = seq, id = last.epoch .. '-' .. seq}
end

-- Whether place `a` in history comes before `b`.
local function is_before(a, b)
  local epoch_a, epoch_b = tonumber(a.epoch), tonumber(b.epoch)
  return epoch_a < epoch_b or (epoch_a == epoch_b and tonumber(a.seq) < tonumber(b.seq))
end

-- Events that were appended by this call and those before it.
local appended = 0

-- What an event says of its match, if it has one.
local function match_items(m)
  if m then return m.id, m.state, m.tickets, m.host, m.address, m.sheet, m.matched, m.assigned end
end

-- Appends an event: {change, at, tickets, watchers, reason, match or nil}. The first write of its script, so that an outbox
-- which refuses it still leaves nothing half done.
local function append(clock, event)
  local tickets = {}
  for i, t in ipairs(event.tickets) do tickets[i] = t.id .. '|' .. t.trace .. '|' .. t.players end
  -- In the order in which outbox.rs reads them.
  local fields = {event.change, event.at, table.concat(tickets, ';'), event.watchers, event.reason, match_items(event.match)}
  local reply = redis.pcall('XADD', OUTBOX, clock.id, 'e', cmsgpack.pack(fields))
  if reply.err then
    if string.find(reply.err, '^ERR') then corrupt(OUTBOX, 'refuses an event: ' .. reply.err) end
    error(reply)
  end
  appended = appended + 1
  go_on(clock)
end

-- Writes fields of a ticket together with the change that set them.
local function change_ticket(t, clock, ...)
  redis.call('HSET', t.key, 'changed', clock.id, ...)
end

-- Writes the return of tickets that `check_return` checked.
local function return_to_queues(tickets, clock)
  for _, t in ipairs(tickets) do
    change_ticket(t, clock, 'state', 'QUEUED', 'ver', t.version, 'holder', NOBODY, 'match', '')
    queue_up(t)
  end
end

-- === watching ===

-- {ticket row, match row}, as far as there are any, of a subject: kind 'p' a player, 't' a ticket. Second value: the ticket, nil when
-- there is none. Third: the playservers that watch the subject.
local function read_snapshot(kind, name)
  local id, watchers = name, nil
  if kind == 'p' then
    local f = read_hash(player_key(name), 'last', 'w')
    id, watchers = f[1], f[2]
  end
  local t, noted
  if id then t, noted = read_ticket(id) end
  if kind == 't' then watchers = noted end
  if not t then return {}, nil, watchers end
  local m = t.match ~= '' and read_match(t.match)
  local rows = {t.row}
  if m then rows[2] = m.row end
  return rows, t, watchers
end

-- The playservers that watch a player of the ticket, when `noted` are those that watch this one.
local function read_players_watchers(t, name, noted)
  local list, seen = {}, {}
  for player in players_of(t) do add_names(list, seen, player == name and noted or read_hash(player_key(player), 'w')[1]) end
  return table.concat(list, ' ')
end

-- The names in `text` without `name`, in order.
local function names_without(text, name)
  local names = {}
  for other in string.gmatch(text or '', '%S+') do
    if other ~= name then names[#names + 1] = other end
  end
  return names
end

-- === calls ===

-- What went wrong, in words.
local function problem(raised)
  return type(raised) == 'table' and raised.err or 'ERR ' .. tostring(raised)
end

-- What `fields` reads of a key that a list names: whoever is given the row finds what is wrong with it, so that it keeps no other of the
-- list from its turn. Of a key that is no hash, what is wrong stands in place of the state.
local function listed_fields(fields, key)
  local is_read, f = pcall(fields, key)
  return is_read and f or {problem(f)}
end

-- What every script does: runs `answer`, its own text, for each of the calls that came together. Each has its arguments in ARGV, sees
-- what those before it did, and is answered or fails by itself.
--
-- `together` holds, of each call, how many arguments it has, then these. Returns, of each call, 1 and its answer, or 0 and what is wrong,
-- packed into one string: who reads a reply pays for each of its elements.
local function answer_all(together, answer)
  local answers, at = {}, 1
  ARGV = {}
  while at <= #together do
    local count = tonumber(together[at])
    for i = 1, math.max(count, #ARGV) do ARGV[i] = i <= count and together[at + i] or nil end
    at = at + 1 + count
    local is_answered, answered = pcall(answer)
    answers[#answers + 1] = is_answered and 1 or 0
    answers[#answers + 1] = is_answered and answered or problem(answered)
  end
  write_late()
  return cmsgpack.pack(answers)
end

-- === leases ===

-- Redis' own clock, in ms since the Unix epoch.
local function server_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

