//! Uploads from synthetic archives to folders and to an S3 server.

#[cfg(test)]
#[path = "uploader/archive.rs"]
mod archive;
#[cfg(test)]
#[path = "uploader/documents.rs"]
mod documents;
#[cfg(test)]
#[path = "uploader/faults.rs"]
mod faults;
#[cfg(test)]
#[path = "uploader/runs.rs"]
mod runs;
