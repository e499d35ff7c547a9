-- Forgets the events up to and including a place in history; none if history has not come so far.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 fence  2, 3 epoch and seq of the last event to forget
-- Returns  1, or 0 when the fence does not hold
-- Checks   the fence; types of all keys

given({'text', 'count', 'count'})
if not leads(ARGV[1]) then return 0 end
local upto = {epoch = ARGV[2], seq = ARGV[3]}
checked(OUTBOX, 'stream')
-- Whoever took an event that is not there yet took another history's: what has its number here was taken by nobody.
if is_before(read_last(), upto) then return 1 end
redis.call('XTRIM', OUTBOX, 'MINID', upto.epoch .. '-' .. plus_one(upto.seq))
return 1
