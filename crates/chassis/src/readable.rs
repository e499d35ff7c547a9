use futures::StreamExt;
use std::future::Future;
use store::StoreError;

/// Reads from the store, `in_work_max` at a time, until one is not answered. What holds something that this build cannot read is told and
/// passed over: it stays so however often it is read, and whoever began again for it would never come to what is behind it.
pub async fn all_readable<T, F>(reads: impl IntoIterator<Item = F>, in_work_max: usize) -> Result<Vec<T>, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let mut reads = std::pin::pin!(futures::stream::iter(reads).buffer_unordered(in_work_max));
    let mut readable = Vec::new();
    while let Some(read) = reads.next().await {
        match read {
            Ok(read) => readable.push(read),
            Err(error @ StoreError::Corrupt(_)) => tracing::error!(%error, "passed over what cannot be read"),
            Err(error) => return Err(error),
        }
    }
    Ok(readable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// What comes of five reads, the third of which ends in `error`, and how many were begun.
    async fn five_with(error: StoreError) -> (Result<Vec<usize>, StoreError>, usize) {
        let begun = Cell::new(0);
        let read = |number| {
            begun.set(begun.get() + 1);
            std::future::ready(if number == 2 { Err(error.clone()) } else { Ok(number) })
        };
        let read = all_readable((0..5).map(read), 1).await;
        (read, begun.get())
    }

    #[tokio::test]
    async fn what_cannot_be_read_keeps_nothing_else_from_its_turn() {
        let (read, _) = five_with(StoreError::Corrupt("t:3".to_owned())).await;
        assert_eq!(read.unwrap(), [0, 1, 3, 4]);
    }

    #[tokio::test]
    async fn a_store_that_is_away_is_asked_no_further() {
        let (read, begun) = five_with(StoreError::Unavailable("no answer".to_owned())).await;
        assert!(matches!(read, Err(StoreError::Unavailable(_))));
        assert_eq!(begun, 3);
    }
}
