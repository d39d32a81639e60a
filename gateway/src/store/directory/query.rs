//! Reading for those who must not wait on their own thread. sled may wait for the disk at any read, so async code hands
//! its question over and awaits the answer; a bounded number of questions is read at a time, on threads for blocking.
//!
//! A question that nobody waits for any more keeps its place until it has been read: the place goes with the work.

use std::sync::Arc;

use super::Directory;
use super::view::View;
use crate::store::error::StoreError;

/// Called before every read of the directory by anybody but its writer.
pub type BeforeRead = Arc<dyn Fn() + Send + Sync>;

impl Directory {
    /// Has `read` look at the committed state, where waiting for the disk harms nobody.
    ///
    /// # Errors
    /// With what `read` says, or when it panics.
    pub async fn query<T, E>(
        &self,
        read: impl FnOnce(&View<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let place = Arc::clone(&self.inner.readers).acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let directory = self.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let _place = place;
            read(&directory.read())
        });
        reading.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a reader of the directory failed");
            Err(StoreError::Fault.into())
        })
    }
}
