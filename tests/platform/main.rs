//! Ardent as its users meet it: the built binary, a real PostGIS, a real S3 server.

#[cfg(test)]
mod dependencies;
#[cfg(test)]
mod documentation;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod pipeline;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod server;
#[cfg(test)]
mod world;
