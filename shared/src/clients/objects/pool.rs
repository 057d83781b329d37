//! A fixed number of part-sized buffers, shared by every upload of a process.
//!
//! Memory is bounded by the pool, not by the number or size of uploads. Buffers are kept and reused, so
//! their pages are touched once.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Size of one buffer and of one part: above S3's minimum of 5 MiB, and 10,000 of them make 78 GiB.
///
/// **Source:** Amazon S3 multipart upload limits.
pub(super) const PART_BYTES: usize = 8 * 1024 * 1024;

/// Buffers per process: 64 MiB together, which leaves half of a 128 MiB function for everything else.
const BUFFERS: usize = 8;

/// Hands out at most a fixed number of buffers at a time.
#[derive(Debug, Clone)]
pub(super) struct BufferPool {
    permits: Arc<Semaphore>,
    free: Arc<Mutex<Vec<Vec<u8>>>>,
}

/// A buffer on loan. Dropping it, or the last [`Bytes`] made of it, gives it back.
#[derive(Debug)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    free: Arc<Mutex<Vec<Vec<u8>>>>,
    _permit: OwnedSemaphorePermit,
}

impl BufferPool {
    pub(super) fn new() -> Self {
        Self {
            permits: Arc::new(Semaphore::new(BUFFERS)),
            free: Arc::default(),
        }
    }

    /// Waits for a free buffer.
    ///
    /// Nobody waits for ever: a holder either fills its only buffer or has it on its way out.
    /// `None` cannot happen while the pool exists, for it is never closed.
    pub(super) async fn take(&self) -> Option<Buffer> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.ok()?;
        let reused = self
            .free
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let bytes = reused.unwrap_or_else(|| Vec::with_capacity(PART_BYTES));
        Some(Buffer {
            bytes,
            free: Arc::clone(&self.free),
            _permit: permit,
        })
    }
}

impl Buffer {
    /// Copies as much of `input` as fits and cuts it off; true when the buffer is full then.
    pub(super) fn fill_from(&mut self, input: &mut Bytes) -> bool {
        let taken = input.split_to(input.len().min(PART_BYTES - self.bytes.len()));
        self.bytes.extend_from_slice(&taken);
        self.bytes.len() == PART_BYTES
    }

    pub(super) fn into_bytes(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        self.free
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn buffers_come_back_and_never_exceed_the_pool() {
        let pool = BufferPool::new();
        let mut held = Vec::new();
        for _ in 0..BUFFERS {
            held.push(pool.take().await.unwrap().into_bytes());
        }
        assert!(
            futures_util::FutureExt::now_or_never(pool.take()).is_none(),
            "the pool is bounded"
        );

        let clone = held[0].clone();
        held.remove(0);
        assert!(
            futures_util::FutureExt::now_or_never(pool.take()).is_none(),
            "a clone still holds it"
        );
        drop(clone);
        assert!(futures_util::FutureExt::now_or_never(pool.take()).is_some());
        assert_eq!(
            pool.free.lock().unwrap().len(),
            1,
            "the buffer is kept for the next"
        );
    }

    #[tokio::test]
    async fn a_buffer_takes_a_part_and_leaves_the_rest() {
        let mut buffer = BufferPool::new().take().await.unwrap();
        let mut input = Bytes::from(vec![7; PART_BYTES + 3]);
        assert!(buffer.fill_from(&mut input));
        assert_eq!((input.len(), buffer.as_ref().len()), (3, PART_BYTES));
    }
}
