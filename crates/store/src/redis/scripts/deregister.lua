-- Forgets an instance at once.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 role  2 instance
-- Returns  1
-- Checks   types of all keys

given({'name', 'name'})
local live, info = checked(realm .. ':live:' .. ARGV[1], 'zset'), checked(realm .. ':info:' .. ARGV[1], 'hash')
redis.call('ZREM', live, ARGV[2])
redis.call('HDEL', info, ARGV[2])
return 1
