-- Forgets the events before an id.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 fence  2 the first `<epoch>-<seq>` to keep
-- Returns  1, or 0 when the fence does not hold
-- Checks   the fence; the outbox's type

if not leads(ARGV[1]) then return 0 end
redis.call('XTRIM', checked(OUTBOX, 'stream'), 'MINID', ARGV[2])
return 1
