//! What files say, followed while it changes.

use parking_lot::Mutex;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How often files are looked at.
pub const RELOAD_POLL: Duration = Duration::from_secs(2);
/// Bytes of one file.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// A file that cannot be used. Tells which one and why, never what is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {reason}", path.display())]
pub struct FileError {
    pub path: PathBuf,
    pub reason: String,
}

/// Makes a value of what the files hold, in their order; an error names the file by its place.
type Make<T> = dyn Fn(&[Vec<u8>]) -> Result<T, (usize, String)> + Send + Sync;

/// A value made of files. Cheap to clone; all clones see the same.
pub struct Live<T> {
    files: Arc<[PathBuf]>,
    make: Arc<Make<T>>,
    state: Arc<Mutex<State<T>>>,
}

struct State<T> {
    /// What the files held when they were last looked at, good or bad, or why they could not be read.
    seen: Result<Vec<Vec<u8>>, FileError>,
    value: Arc<T>,
}

impl<T> Clone for Live<T> {
    fn clone(&self) -> Self {
        Self { files: self.files.clone(), make: self.make.clone(), state: self.state.clone() }
    }
}

impl<T> fmt::Debug for Live<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Live").field(&self.files).finish()
    }
}

impl<T: Send + Sync + 'static> Live<T> {
    pub fn open(
        files: Vec<PathBuf>,
        make: impl Fn(&[Vec<u8>]) -> Result<T, (usize, String)> + Send + Sync + 'static,
    ) -> Result<Self, FileError> {
        let seen = read(&files)?;
        let value = make(&seen).map_err(|(at, reason)| FileError { path: files[at].clone(), reason })?;
        let state = Arc::new(Mutex::new(State { seen: Ok(seen), value: Arc::new(value) }));
        Ok(Self { files: files.into(), make: Arc::new(make), state })
    }

    pub fn current(&self) -> Arc<T> {
        self.state.lock().value.clone()
    }

    /// Looks at the files. True when they now say something else; what cannot be used changes nothing, and is told once.
    pub fn refresh(&self) -> Result<bool, FileError> {
        let read = read(&self.files);
        if self.state.lock().seen == read {
            return Ok(false);
        }
        // Not while others wait for what is in force.
        let made = read.clone().and_then(|read| {
            (self.make)(&read).map_err(|(at, reason)| FileError { path: self.files[at].clone(), reason })
        });
        let mut state = self.state.lock();
        state.seen = read;
        state.value = Arc::new(made?);
        Ok(true)
    }

    /// Looks again and again, for as long as it is polled.
    pub async fn follow(self) {
        loop {
            tokio::time::sleep(RELOAD_POLL).await;
            let looking = self.clone();
            // A disk may be slow.
            let looked = tokio::task::spawn_blocking(move || looking.refresh()).await;
            match looked.unwrap_or(Ok(false)) {
                Ok(true) => tracing::info!(files = ?self.files, "read again"),
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "what was read before stays in force"),
            }
        }
    }
}

fn read(files: &[PathBuf]) -> Result<Vec<Vec<u8>>, FileError> {
    let one = |path: &PathBuf| {
        let refused = |reason: String| FileError { path: path.clone(), reason };
        let held = std::fs::metadata(path).map_err(|error| refused(error.to_string()))?;
        if !held.is_file() {
            return Err(refused("is no file".to_owned()));
        }
        if held.len() > FILE_BYTES_MAX {
            return Err(refused(format!("has more than {FILE_BYTES_MAX} bytes")));
        }
        std::fs::read(path).map_err(|error| refused(error.to_string()))
    };
    files.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(read: &[Vec<u8>]) -> Result<u32, (usize, String)> {
        let text = String::from_utf8_lossy(&read[0]);
        text.trim().parse().map_err(|_| (0, "is no number".to_owned()))
    }

    #[test]
    fn what_cannot_be_used_changes_nothing_and_is_told_once() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "1").unwrap();
        let live = Live::open(vec![file.path().to_owned()], number).unwrap();
        std::fs::write(&file, "two").unwrap();
        assert_eq!(live.refresh().unwrap_err().reason, "is no number");
        assert_eq!(live.refresh(), Ok(false));
        assert_eq!(*live.current(), 1);
        std::fs::write(&file, "2").unwrap();
        assert_eq!(live.refresh(), Ok(true));
        assert_eq!(*live.clone().current(), 2);
        std::fs::remove_file(&file).unwrap();
        assert!(live.refresh().is_err());
        assert_eq!(live.refresh(), Ok(false));
        assert_eq!(*live.current(), 2);
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = Live::open(vec!["/nowhere/key.pem".into()], number).unwrap_err();
        assert!(error.to_string().starts_with("/nowhere/key.pem: "), "{error}");
        assert_eq!(Live::open(vec!["/dev/zero".into()], number).unwrap_err().reason, "is no file");
    }
}
