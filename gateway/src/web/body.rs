//! A request's body comes within a bounded time and at a least rate, or its request is over.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, BodyDataStream, Bytes, HttpBody};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use axum::{BoxError, Error};
use futures_util::Stream;
use tokio::time::{Duration, Instant, Sleep, sleep_until};

use super::limits::{BODY_BEGINS_WITHIN, BODY_WITHIN, LEAST_BODY_RATE};

/// Bounds how long the body may take. Whoever reads it sees an error when it is late.
pub(super) async fn in_time(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    next.run(request.map(|body| Body::from_stream(InTime::new(body, Instant::now())))).await
}

struct InTime {
    data: BodyDataStream,
    began: Instant,
    received: u64,
    deadline: Pin<Box<Sleep>>,
}

impl InTime {
    fn new(body: Body, began: Instant) -> Self {
        let deadline = Box::pin(sleep_until(began + allowed(0)));
        Self { data: body.into_data_stream(), began, received: 0, deadline }
    }
}

/// What a body may take of which so many bytes are there: each byte buys time, up to the most.
fn allowed(received: u64) -> Duration {
    let bought = Duration::from_millis(received.saturating_mul(1000) / LEAST_BODY_RATE);
    BODY_BEGINS_WITHIN.saturating_add(bought).min(BODY_WITHIN)
}

impl Stream for InTime {
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Poll::Ready(next) = Pin::new(&mut self.data).poll_next(cx) {
            if let Some(Ok(data)) = &next {
                self.received = self.received.saturating_add(data.len() as u64);
                let deadline = self.began + allowed(self.received);
                self.deadline.as_mut().reset(deadline);
            }
            return Poll::Ready(next.map(|data: Result<Bytes, Error>| data.map_err(Into::into)));
        }
        self.deadline.as_mut().poll(cx).map(|()| Some(Err("the body took too long".into())))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, StreamExt, stream};

    use super::*;

    /// What is said after a body of which so many bytes came has been read for so long: nothing yet, or that it is over.
    async fn after(seconds: u64, received: usize) -> Option<bool> {
        let came = stream::iter([Ok::<_, BoxError>(Bytes::from(vec![b' '; received]))]);
        let body = Body::from_stream(came.chain(stream::pending()));
        let began = Instant::now() - Duration::from_secs(seconds);
        let mut body = InTime::new(body, began);
        assert_eq!(body.next().await.unwrap().unwrap().len(), received);
        // The timer looks at the clock when it is first polled by a task that may wait.
        tokio::task::yield_now().await;
        body.next().now_or_never().map(|next| next.unwrap().is_err())
    }

    #[tokio::test]
    async fn a_body_that_drips_is_over_long_before_the_longest_time() {
        assert_eq!(after(4, 50).await, None);
        assert_eq!(after(6, 50).await, Some(true));
    }

    #[tokio::test]
    async fn a_body_over_a_slow_line_goes_on() {
        assert_eq!(after(20, 40_000).await, None);
    }

    #[tokio::test]
    async fn no_body_takes_longer_than_the_longest_time() {
        assert_eq!(after(29, 10_000_000).await, None);
        assert_eq!(after(31, 10_000_000).await, Some(true));
    }
}
