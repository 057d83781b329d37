//! A keeper outlives whoever started it by exactly one task: cleaning up.
//!
//! It is a shell that reads its standard input until that ends, then runs a script. The other end
//! is held by this process and by nobody else, so the script runs when we ask for it, when we end
//! by Ctrl-C, and also when we are killed outright. One road for all three, so that it is the road
//! that every ordinary stop tests.

use std::{ffi::OsStr, process::Stdio};

use anyhow::Context;
use tokio::process::{Child, ChildStdin, Command};

/// A clean-up that will happen, whatever happens to us.
#[derive(Debug)]
pub struct Keeper {
    shell: Child,
    /// Held open for as long as there is something to keep.
    line: Option<ChildStdin>,
}

impl Keeper {
    /// Starts a keeper that will run `script` with `arguments` as `$1`, `$2`, …
    ///
    /// # Errors
    /// When no shell can be started; nothing runs then.
    pub fn start<I, S>(script: &str, arguments: I) -> anyhow::Result<Self>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let mut shell = Command::new("/bin/sh")
            .args(["-c", &format!("cat >/dev/null\n{script}"), "sundial-keeper"])
            .args(arguments)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Its own group: Ctrl-C in a terminal goes to the whole group of the foreground.
            .process_group(0)
            .spawn()
            .context("starting the shell that cleans up after us")?;
        let line = shell.stdin.take();
        Ok(Self { shell, line })
    }

    /// Runs the script now and waits for its end.
    ///
    /// # Errors
    /// When the shell cannot be waited for.
    pub async fn release(mut self) -> anyhow::Result<()> {
        drop(self.line.take());
        let status = self
            .shell
            .wait()
            .await
            .context("waiting for the clean-up")?;
        anyhow::ensure!(status.success(), "the clean-up ended with {status}");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_script_runs_at_release_and_not_before() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let mark = folder.path().join("mark");

        let keeper = Keeper::start(r#": > "$1""#, [&mark])?;
        assert!(!mark.exists(), "nothing to clean up yet");
        keeper.release().await?;

        assert!(mark.exists(), "the script has run");
        Ok(())
    }

    #[tokio::test]
    async fn a_script_that_fails_is_reported() -> anyhow::Result<()> {
        let keeper = Keeper::start("exit 3", std::iter::empty::<&str>())?;

        let error = keeper.release().await.expect_err("status 3 is no success");

        assert!(error.to_string().contains("exit status: 3"), "{error}");
        Ok(())
    }
}
