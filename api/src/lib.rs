#![doc = include_str!("../README.md")]

mod accept;
mod cube_headers;
mod document;
mod extract;
mod handlers;
mod links;
mod openapi;
mod openapi30;
mod parameters;
mod problem;
mod routes;
mod schemas;
mod search_request;
mod server;
mod settings;
mod stac;
mod state;
mod telemetry;

pub use openapi::openapi_json;
pub use server::{Server, bind};
pub use settings::Settings;
