//! A request's body comes within a bounded time, or its request is over.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, BodyDataStream, Bytes, HttpBody};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use axum::{BoxError, Error};
use futures_util::Stream;
use tokio::time::{Sleep, sleep};

use super::limits::BODY_WITHIN;

/// Bounds how long the body may take. Whoever reads it sees an error when it is late.
pub(super) async fn in_time(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let bounded = request.map(|body| {
        Body::from_stream(InTime { data: body.into_data_stream(), deadline: Box::pin(sleep(BODY_WITHIN)) })
    });
    next.run(bounded).await
}

struct InTime {
    data: BodyDataStream,
    deadline: Pin<Box<Sleep>>,
}

impl Stream for InTime {
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Poll::Ready(next) = Pin::new(&mut self.data).poll_next(cx) {
            return Poll::Ready(next.map(|data: Result<Bytes, Error>| data.map_err(Into::into)));
        }
        self.deadline.as_mut().poll(cx).map(|()| Some(Err("the body took too long".into())))
    }
}
