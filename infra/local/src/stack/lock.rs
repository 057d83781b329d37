//! One stack per data folder: two would write into each other's files.

use std::{
    fs::{self, File, OpenOptions},
    path::Path,
};

use anyhow::Context;

/// Held for as long as the folder is ours. The system gives it back when we are killed.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Makes the folder when missing and takes it.
    ///
    /// # Errors
    /// When another stack has it.
    pub fn take(folder: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join("lock"))?;
        file.try_lock().map_err(|error| match error {
            fs::TryLockError::WouldBlock => anyhow::anyhow!(
                "another stack runs in {}; stop it, or choose another folder with --data",
                folder.display()
            ),
            fs::TryLockError::Error(error) => {
                anyhow::Error::new(error).context("locking the data folder")
            }
        })?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_taken_once_and_given_back() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::take(folder.path()).unwrap();

        let second = Lock::take(folder.path());
        assert!(second.unwrap_err().to_string().contains("another stack"));

        drop(first);
        assert!(Lock::take(folder.path()).is_ok());
    }
}
