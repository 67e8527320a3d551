#![doc = include_str!("../README.md")]

mod accept;
mod audit;
mod calendar;
mod caller;
mod conformance;
mod context;
mod cube_headers;
mod document;
mod extract;
mod gate;
mod handlers;
mod links;
mod maintenance;
mod openapi;
mod openapi30;
mod parameters;
mod problem;
mod routes;
mod schemas;
mod search_filter;
mod search_members;
mod search_request;
mod search_sort;
mod server;
mod settings;
mod slice;
mod stac;
mod state;
mod telemetry;

pub use gate::Rates;
pub use openapi::openapi_json;
pub use server::{Server, Services, bind};
pub use settings::{Quotas, Settings};
