-- Makes an instance known until its lease runs out on Redis' own clock; forgets some whose lease has.
--
-- KEYS[1]  the realm's prefix
-- ARGV     1 role  2 instance  3 ttl_ms  4 its record  5 most leases to forget in one call
-- Returns  Redis' own time, in ms since the Unix epoch
-- Checks   types of all keys

given({'name', 'name', 'ttl', 'record', 'count'})
local live, info = checked(realm .. ':live:' .. ARGV[1], 'zset'), checked(realm .. ':info:' .. ARGV[1], 'hash')
local now_ms = server_ms()
local until_ms = now_ms + tonumber(ARGV[3])
local over = redis.call('ZRANGEBYSCORE', live, '-inf', string.format('%.0f', now_ms), 'LIMIT', '0', ARGV[5])

for _, id in ipairs(over) do
  redis.call('ZREM', live, id)
  redis.call('HDEL', info, id)
end
redis.call('ZADD', live, string.format('%.0f', until_ms), ARGV[2])
redis.call('HSET', info, ARGV[2], ARGV[4])
-- The keys live as long as the longest lease in them.
local last = redis.call('ZREVRANGE', live, 0, 0, 'WITHSCORES')[2]
redis.call('PEXPIREAT', live, string.format('%.0f', tonumber(last)))
redis.call('PEXPIREAT', info, string.format('%.0f', tonumber(last)))
return string.format('%.0f', now_ms)
