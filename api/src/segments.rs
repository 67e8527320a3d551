//! A long text on its way out, in segments: no buffer has it whole, so that none has to grow to its size and be given
//! back.

use std::{
    collections::VecDeque,
    convert::Infallible,
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    body::{BodySize, MessageBody},
    web::Bytes,
};

/// Bytes after which a segment is full.
const FULL_BYTES: usize = 64 << 10;
/// What is written at a time may be as much longer without the segment growing.
const MARGIN_BYTES: usize = 16 << 10;

/// The segments of a text that is written from beginning to end.
#[derive(Debug, Default)]
pub(crate) struct Segments {
    full: VecDeque<Bytes>,
    full_bytes: usize,
    last: String,
}

impl Segments {
    /// Where to append what comes next: as a rule, a few kilobytes at a time.
    pub(crate) fn text(&mut self) -> &mut String {
        if self.last.len() >= FULL_BYTES {
            let full = mem::replace(&mut self.last, String::with_capacity(FULL_BYTES + MARGIN_BYTES));
            self.full_bytes += full.len();
            self.full.push_back(full.into());
        }
        &mut self.last
    }

    #[cfg(test)]
    pub(crate) fn concat(self) -> Vec<u8> {
        let last = self.last.into_bytes();
        self.full.into_iter().flatten().chain(last).collect()
    }
}

impl MessageBody for Segments {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized((self.full_bytes + self.last.len()) as u64)
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let segments = self.get_mut();
        if let Some(full) = segments.full.pop_front() {
            segments.full_bytes -= full.len();
            return Poll::Ready(Some(Ok(full)));
        }
        let last = mem::take(&mut segments.last);
        Poll::Ready((!last.is_empty()).then(|| Ok(last.into())))
    }

    fn try_into_bytes(mut self) -> Result<Bytes, Self> {
        if self.full.is_empty() { Ok(mem::take(&mut self.last).into()) } else { Err(self) }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;

    use super::*;

    #[actix_web::test]
    async fn all_that_was_written_is_sent_in_its_order() {
        for count in [0, 1, 100, 70_000] {
            let (mut segments, mut whole) = (Segments::default(), String::new());
            for number in 0..count {
                let next = format!("{number},");
                segments.text().push_str(&next);
                whole.push_str(&next);
            }
            assert_eq!(segments.full.len(), whole.len() / (FULL_BYTES + 8), "{count}");
            assert_eq!(segments.size(), BodySize::Sized(whole.len() as u64));
            assert_eq!(to_bytes(segments).await.unwrap(), whole.as_bytes());
        }
    }
}
