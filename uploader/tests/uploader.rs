//! Uploads from synthetic archives to folders and to an S3 server.

#[path = "uploader/archive.rs"]
mod archive;
#[path = "uploader/documents.rs"]
mod documents;
#[path = "uploader/faults.rs"]
mod faults;
#[path = "uploader/runs.rs"]
mod runs;
