//! Checksums of a file, all from one reading of it.

use std::{fmt::Write as _, io::Read as _, path::Path};

use md5::Md5;
use sha2::{Digest as _, Sha256};

/// Size of the parts that files are sent in, and above which they are.
pub(crate) const PART_BYTES: usize = 16 * 1024 * 1024;

/// Size and checksums of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Digest {
    /// Bytes.
    pub(crate) size_bytes: u64,
    /// SHA-256, in lower-case hexadecimal digits.
    pub(crate) sha256: String,
    /// The ETag that an S3 store without encryption gives to the file when we send it.
    pub(crate) etag: String,
}

impl Digest {
    /// Whether a store's ETag is this file's MD5. That it is not means nothing: not every ETag is one.
    pub(crate) fn is_etag(&self, etag: Option<&str>) -> bool {
        etag.is_some_and(|etag| etag.trim_start_matches("W/").trim_matches('"').eq_ignore_ascii_case(&self.etag))
    }
}

/// Computes a [`Digest`] part by part. Every part but the last has [`PART_BYTES`].
#[derive(Default)]
pub(crate) struct Digester {
    sha256: Sha256,
    parts: Vec<[u8; 16]>,
    size_bytes: u64,
}

impl Digester {
    /// Adds a part.
    pub(crate) fn add(&mut self, part: &[u8]) {
        self.sha256.update(part);
        self.parts.push(Md5::digest(part).into());
        self.size_bytes += part.len() as u64;
    }

    /// The digest of all that was added.
    pub(crate) fn finish(self) -> Digest {
        let etag = match self.parts.as_slice() {
            [] => hex(&Md5::digest([])),
            [one] => hex(one),
            many => format!("{}-{}", hex(&Md5::digest(many.concat())), many.len()),
        };
        Digest { size_bytes: self.size_bytes, sha256: hex(&self.sha256.finalize()), etag }
    }
}

/// The digest of a local file. Blocks.
pub(crate) fn of_file(path: &Path) -> std::io::Result<Digest> {
    let mut file = std::fs::File::open(path)?;
    let mut digester = Digester::default();
    loop {
        let part = read_part(&mut file)?;
        if !part.is_empty() {
            digester.add(&part);
        }
        if part.len() < PART_BYTES {
            return Ok(digester.finish());
        }
    }
}

/// The next part of a file; shorter than [`PART_BYTES`] at its end only. Blocks.
pub(crate) fn read_part(file: &mut std::fs::File) -> std::io::Result<Vec<u8>> {
    let mut part = Vec::new();
    file.take(PART_BYTES as u64).read_to_end(&mut part)?;
    Ok(part)
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// `file:checksum` of a SHA-256: a multihash, which begins with the kind (0x12) and the length (0x20 bytes).
pub(crate) fn multihash(sha256: &str) -> String {
    format!("1220{sha256}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digests_are_those_of_the_standards() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "abc").unwrap();
        let digest = of_file(file.path()).unwrap();
        // FIPS 180-4 and RFC 1321 give these for "abc".
        assert_eq!(digest.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(digest.etag, "900150983cd24fb0d6963f7d28e17f72");
        assert!(digest.is_etag(Some("\"900150983CD24FB0D6963F7D28E17F72\"")));
        assert!(!digest.is_etag(None));
    }

    #[test]
    fn a_file_of_several_parts_has_the_etag_of_a_multipart_upload() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), vec![7; PART_BYTES + 1]).unwrap();
        let digest = of_file(file.path()).unwrap();
        let parts = [Md5::digest(vec![7; PART_BYTES]), Md5::digest([7])].concat();
        assert_eq!(digest.etag, format!("{}-2", hex(&Md5::digest(parts))));
        std::fs::write(file.path(), vec![7; PART_BYTES]).unwrap();
        assert!(!of_file(file.path()).unwrap().etag.contains('-'), "one part exactly is sent whole");
    }
}
