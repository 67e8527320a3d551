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
    /// So many bytes of the buffer have no line break.
    searched: usize,
    /// Lines that are done.
    done: u64,
    /// The line that is being read was refused already.
    skips: bool,
    ended: bool,
}

impl State {
    /// The next line in the buffer, whatever it holds.
    fn take(&mut self) -> Option<Bytes> {
        let at = memchr::memchr(b'\n', self.buffer.get(self.searched..).unwrap_or_default());
        let line = match at {
            Some(at) => self.buffer.split_to(self.searched + at + 1),
            None if self.ended && !self.buffer.is_empty() => self.buffer.split(),
            None => {
                self.searched = self.buffer.len();
                return None;
            }
        };
        self.searched = 0;
        self.done += 1;
        Some(line.freeze())
    }

    /// The lines in the buffer that are not blank.
    fn take_all(&mut self) -> Vec<Line> {
        let mut lines = Vec::new();
        while let Some(line) = self.take() {
            if !std::mem::take(&mut self.skips) && !line.trim_ascii().is_empty() {
                lines.push(Line { number: self.done, content: Ok(line) });
            }
        }
        lines
    }
}

/// The lines that are not blank, those that come together; one of more than `most_bytes` is refused and passed over.
pub(crate) fn lines(
    bytes: BoxStream<'static, object_store::Result<Bytes>>,
    most_bytes: usize,
) -> impl Stream<Item = Vec<Line>> + Send {
    let state = State { bytes, buffer: BytesMut::new(), searched: 0, done: 0, skips: false, ended: false };
    stream::unfold(state, move |mut state| async move {
        loop {
            let found = state.take_all();
            if !found.is_empty() {
                return Some((found, state));
            }
            if state.ended {
                return None;
            }
            if state.buffer.len() > most_bytes || state.skips {
                state.buffer.clear();
                state.searched = 0;
                if !std::mem::replace(&mut state.skips, true) {
                    let reason = format!("the line is longer than {} MB", most_bytes >> 20);
                    return Some((vec![Line { number: state.done + 1, content: Err(reason) }], state));
                }
            }
            match state.bytes.next().await {
                Some(Ok(more)) => state.buffer.extend_from_slice(&more),
                None => state.ended = true,
                Some(Err(error)) => {
                    state.ended = true;
                    state.buffer.clear();
                    state.searched = 0;
                    let reason = format!("the rest could not be read: {}", crate::error::chain(&error));
                    return Some((vec![Line { number: state.done + 1, content: Err(reason) }], state));
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
        let lines = lines.map(stream::iter).flatten();
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
        let lines: Vec<_> = lines(parts, 9).map(stream::iter).flatten().collect().await;
        assert_eq!(lines.len(), 2);
        assert!(lines[1].content.as_ref().unwrap_err().contains("reset"));
    }
}
