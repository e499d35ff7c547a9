//! URLs as they may be shown.

/// The URL without its password; without all that may be one, where it is badly written.
pub fn redacted(url: &str) -> String {
    let (place, query) = match url.split_once('?') {
        // A password may hold a `?`, too, which then ends nothing.
        Some((_, query)) if query.contains('@') => return "***".to_owned(),
        Some((place, _)) => (place, "?***"),
        None => (url, ""),
    };
    // A password may hold an `@` itself: the last one ends it.
    let Some((login, host)) = place.rsplit_once('@') else { return format!("{place}{query}") };
    let Some((scheme, login)) = login.split_once("://") else { return format!("***@{host}{query}") };
    match login.split_once(':') {
        Some((user, _)) => format!("{scheme}://{user}:***@{host}{query}"),
        None => format!("{scheme}://{login}@{host}{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::redacted;

    #[test]
    fn passwords_are_not_shown() {
        assert_eq!(redacted("redis://me:s3@cret@host:6379/1"), "redis://me:***@host:6379/1");
        assert_eq!(redacted("redis://:s3cret@host"), "redis://:***@host");
        for (odd, shown) in [
            ("redis:/:s3cret@host", "***@host"),
            ("me:s3cret@host", "***@host"),
            ("redis://host?password=s3cret", "redis://host?***"),
            ("redis+cluster://me:s3cret?x@host", "***"),
            ("unix:///run/redis.sock?pass=s3cret", "unix:///run/redis.sock?***"),
        ] {
            assert_eq!(redacted(odd), shown);
        }
        for open in ["redis://127.0.0.1:6379", "unix:///run/redis.sock", "redis://me@host", "foo"] {
            assert_eq!(redacted(open), open);
        }
    }
}
