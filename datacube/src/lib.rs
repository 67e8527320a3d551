//! The cube engine (stub).
