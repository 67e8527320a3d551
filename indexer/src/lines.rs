//! Lines of a stream of bytes, for files too large to be held.

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt, stream, stream::BoxStream};

/// A line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Its number, from 1.
    pub(crate) number: u64,
    /// Its bytes without the line break, or why there are none.
    pub(crate) content: Result<Bytes, String>,
}

struct State {
    bytes: BoxStream<'static, object_store::Result<Bytes>>,
    buffer: BytesMut,
    /// Lines that are done.
    done: u64,
    /// The line that is being read was refused already.
    skips: bool,
    ended: bool,
}

impl State {
    /// The next line in the buffer, whatever it holds.
    fn take(&mut self) -> Option<Bytes> {
        let at = self.buffer.iter().position(|byte| *byte == b'\n');
        let line = match at {
            Some(at) => self.buffer.split_to(at + 1),
            None if self.ended && !self.buffer.is_empty() => self.buffer.split(),
            None => return None,
        };
        self.done += 1;
        Some(line.freeze())
    }
}

/// The lines that are not blank; one of more than `most_bytes` is refused and passed over.
pub(crate) fn lines(
    bytes: BoxStream<'static, object_store::Result<Bytes>>,
    most_bytes: usize,
) -> impl Stream<Item = Line> + Send {
    let state = State { bytes, buffer: BytesMut::new(), done: 0, skips: false, ended: false };
    stream::unfold(state, move |mut state| async move {
        loop {
            if let Some(line) = state.take() {
                let is_blank = line.trim_ascii().is_empty();
                if !std::mem::take(&mut state.skips) && !is_blank {
                    return Some((Line { number: state.done, content: Ok(line) }, state));
                }
                continue;
            }
            if state.ended {
                return None;
            }
            if state.buffer.len() > most_bytes || state.skips {
                state.buffer.clear();
                if !std::mem::replace(&mut state.skips, true) {
                    let reason = format!("the line is longer than {} MB", most_bytes >> 20);
                    return Some((Line { number: state.done + 1, content: Err(reason) }, state));
                }
            }
            match state.bytes.next().await {
                Some(Ok(more)) => state.buffer.extend_from_slice(&more),
                None => state.ended = true,
                Some(Err(error)) => {
                    state.ended = true;
                    state.buffer.clear();
                    let reason = format!("the rest could not be read: {}", crate::error::chain(&error));
                    return Some((Line { number: state.done + 1, content: Err(reason) }, state));
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(parts: &[&str], most_bytes: usize) -> Vec<(u64, Option<String>)> {
        let parts: Vec<_> = parts.iter().map(|part| Ok(Bytes::copy_from_slice(part.as_bytes()))).collect();
        let text = |bytes: Bytes| String::from_utf8(bytes.to_vec()).unwrap().trim_end().to_owned();
        let lines = lines(stream::iter(parts).boxed(), most_bytes);
        lines.map(|line| (line.number, line.content.ok().map(text))).collect().await
    }

    fn line(number: u64, text: &str) -> (u64, Option<String>) {
        (number, Some(text.to_owned()))
    }

    #[tokio::test]
    async fn lines_are_put_together_and_counted() {
        assert_eq!(read(&["a\n\nb", "b\r\nc"], 9).await, [line(1, "a"), line(3, "bb"), line(4, "c")]);
        assert_eq!(read(&[], 9).await, []);
    }

    #[tokio::test]
    async fn an_endless_line_is_passed_over() {
        assert_eq!(read(&["a\nlong", "longlong", "long\nb\n"], 9).await, [line(1, "a"), (2, None), line(3, "b")]);
        assert_eq!(read(&["longlonglong", "more"], 9).await, [(1, None)]);
    }

    #[tokio::test]
    async fn a_broken_stream_says_so() {
        let broken = object_store::Error::Generic { store: "S3", source: "reset".into() };
        let parts = stream::iter([Ok(Bytes::from_static(b"a\nb")), Err(broken)]).boxed();
        let lines: Vec<_> = lines(parts, 9).collect().await;
        assert_eq!(lines.len(), 2);
        assert!(lines[1].content.as_ref().unwrap_err().contains("reset"));
    }
}
