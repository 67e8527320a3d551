//! A request for a range and its answer (RFC 9112).

use std::io;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header,
    uri::{Authority, Scheme},
};
use object_store::client::{HttpRequest, HttpResponse, HttpResponseBody};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use url::{Position, Url};

/// Who asks.
const USER_AGENT: &str = concat!("ardent/", env!("CARGO_PKG_VERSION"));
/// An answer's head is no longer.
const HEAD_MAX_BYTES: usize = 64 << 10;
/// Nor has it more fields.
const FIELDS_MAX: usize = 128;
/// What an answer that is no range, but says why, may have.
const EXPLANATION_BYTES: u64 = 64 << 10;

/// A request for a range, as it is sent.
#[derive(Debug)]
pub(super) struct Question {
    /// Whom it is put to.
    pub(super) authority: Authority,
    bytes: Vec<u8>,
    /// No answer to it is longer.
    most_bytes: u64,
}

/// What came back.
pub(super) enum Answer {
    /// All of it, and whether the connection may be used once more.
    Whole(HttpResponse, bool),
    /// Nothing that is read here.
    NotPlain,
}

impl Question {
    /// Of a request that is plain.
    pub(super) fn of(request: &HttpRequest) -> Option<Self> {
        let uri = request.uri();
        if request.method() != Method::GET || uri.scheme() != Some(&Scheme::HTTP) || !request.body().is_empty() {
            return None;
        }
        let most_bytes = length_of(request.headers().get(header::RANGE)?)?.max(EXPLANATION_BYTES);
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
        // As signatures have it: in small letters, and without the port that needs no saying.
        let url = Url::parse(&uri.to_string()).ok()?;
        let host = &url[Position::BeforeHost..Position::AfterPort];
        let mut bytes = format!("GET {} HTTP/1.1\r\n", uri.path_and_query()?.as_str()).into_bytes();
        let mut field = |name: &str, value: &[u8]| {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        };
        for (name, value) in [(header::HOST, host), (header::USER_AGENT, USER_AGENT), (header::ACCEPT, "*/*")] {
            if !request.headers().contains_key(&name) {
                field(name.as_str(), value.as_bytes());
            }
        }
        request.headers().iter().for_each(|(name, value)| field(name.as_str(), value.as_bytes()));
        bytes.extend(b"\r\n");
        Some(Self { authority: authority.clone(), bytes, most_bytes })
    }

    /// What is sent.
    #[cfg(test)]
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Sends it and reads the answer. An error before the first byte of an answer is [`io::ErrorKind::NotConnected`]: the
    /// other side had closed the connection.
    pub(super) async fn put(&self, stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> io::Result<Answer> {
        let gone = |error: io::Error| io::Error::new(io::ErrorKind::NotConnected, error);
        stream.write_all(&self.bytes).await.map_err(gone)?;
        let mut read = Vec::with_capacity(4 << 10);
        loop {
            match stream.read_buf(&mut read).await {
                Ok(0) if read.is_empty() => return Err(gone(io::ErrorKind::UnexpectedEof.into())),
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Err(error) if read.is_empty() => return Err(gone(error)),
                Err(error) => return Err(error),
                Ok(_) => {}
            }
            if let Some((head, length)) = Head::parse(&read)? {
                return self.body(stream, head, &read[length..]).await;
            }
            if read.len() > HEAD_MAX_BYTES {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "the head of the answer has no end"));
            }
        }
    }

    /// The answer of this head, of whose body `begun` is there.
    async fn body(&self, stream: &mut (impl AsyncRead + Unpin), head: Head, begun: &[u8]) -> io::Result<Answer> {
        let Some(length) = head.body_bytes().filter(|length| *length <= self.most_bytes) else {
            return Ok(Answer::NotPlain);
        };
        let length = length as usize;
        let mut body = Vec::with_capacity(length);
        body.extend(&begun[..begun.len().min(length)]);
        while body.len() < length {
            let missing = (length - body.len()) as u64;
            if (&mut *stream).take(missing).read_buf(&mut body).await? == 0 {
                let reason = format!("the connection was closed after {} of {length} bytes", body.len());
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, reason));
            }
        }
        let may_stay = head.keeps_alive() && begun.len() <= length;
        let mut response = HttpResponse::new(HttpResponseBody::from(Bytes::from(body)));
        (*response.status_mut(), *response.headers_mut(), *response.version_mut()) =
            (head.status, head.fields, head.version);
        Ok(Answer::Whole(response, may_stay))
    }
}

/// How many bytes `bytes=from-to` are.
fn length_of(range: &HeaderValue) -> Option<u64> {
    let (from, to) = range.to_str().ok()?.strip_prefix("bytes=")?.split_once('-')?;
    to.parse::<u64>().ok()?.checked_sub(from.parse().ok()?)?.checked_add(1)
}

struct Head {
    status: StatusCode,
    version: Version,
    fields: HeaderMap,
}

impl Head {
    /// A head and how long it is, if all of it is there.
    fn parse(bytes: &[u8]) -> io::Result<Option<(Self, usize)>> {
        let invalid =
            |error: Box<dyn std::error::Error + Send + Sync>| io::Error::new(io::ErrorKind::InvalidData, error);
        let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
        let mut parsed = httparse::Response::new(&mut fields);
        let httparse::Status::Complete(length) = parsed.parse(bytes).map_err(|error| invalid(error.into()))? else {
            return Ok(None);
        };
        let status = StatusCode::from_u16(parsed.code.unwrap_or(0)).map_err(|error| invalid(error.into()))?;
        let version = if parsed.version == Some(0) { Version::HTTP_10 } else { Version::HTTP_11 };
        let mut fields = HeaderMap::with_capacity(parsed.headers.len());
        for field in parsed.headers {
            let name = HeaderName::from_bytes(field.name.as_bytes()).map_err(|error| invalid(error.into()))?;
            fields.append(name, HeaderValue::from_bytes(field.value).map_err(|error| invalid(error.into()))?);
        }
        Ok(Some((Self { status, version, fields }, length)))
    }

    /// Length of the body; `None` if it is not told plainly, or there is more to do than to read it.
    fn body_bytes(&self) -> Option<u64> {
        if self.status.is_informational() || self.status.is_redirection() || self.status == StatusCode::NO_CONTENT {
            return None;
        }
        if self.fields.contains_key(header::TRANSFER_ENCODING) || self.fields.contains_key(header::CONTENT_ENCODING) {
            return None;
        }
        let mut lengths = self.fields.get_all(header::CONTENT_LENGTH).iter();
        let length = lengths.next()?.to_str().ok().filter(|length| length.bytes().all(|byte| byte.is_ascii_digit()))?;
        if lengths.next().is_none() { length.parse().ok() } else { None }
    }

    fn keeps_alive(&self) -> bool {
        let told = self.fields.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
        self.version == Version::HTTP_11 && !told.into_iter().any(|value| value.to_ascii_lowercase().contains("close"))
    }
}
