-- Moves a QUEUED ticket to another place in its index of that place's queue.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 ticket  2 holder  3 `place rating`
-- Returns  1 when it stands there, now or since an earlier try, else 0
-- Checks   the ticket is QUEUED, in this queue, and held by this holder; types of all keys

given({'id', 'name', 'places'})
local t = read_ticket(ARGV[1])
if not t or t.state ~= 'QUEUED' or t.holder ~= ARGV[2] then return 0 end
check_queues(t)
local queue, places, is_found = string.match(ARGV[3], '^[^|]+'), {}, false
for place in string.gmatch(t.places, '[^;]+') do
  if not is_found and string.match(place, '^[^|]+') == queue then place, is_found = ARGV[3], true end
  places[#places + 1] = place
end
if not is_found then return 0 end
local moved = read_ticket(t.id)
moved.places = table.concat(places, ';')
moved.stands = placed(moved.key, moved.places)
check_queues(moved)

leave_queues(t)
write_late()
queue_up(moved)
redis.call('HSET', t.key, 'places', moved.places)
return 1
