//! URLs as they may be shown.

/// The URL without its password.
pub fn redacted(url: &str) -> String {
    // A password may hold an `@` itself: the last one ends it.
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let Some((login, place)) = rest.rsplit_once('@') else { return url.to_owned() };
    match login.split_once(':') {
        Some((user, _)) => format!("{scheme}://{user}:***@{place}"),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::redacted;

    #[test]
    fn passwords_are_not_shown() {
        assert_eq!(redacted("redis://me:s3@cret@host:6379/1"), "redis://me:***@host:6379/1");
        assert_eq!(redacted("redis://:s3cret@host"), "redis://:***@host");
        for open in ["redis://127.0.0.1:6379", "unix:///run/redis.sock", "redis://me@host", "foo"] {
            assert_eq!(redacted(open), open);
        }
    }
}
