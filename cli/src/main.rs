#![doc = include_str!("../README.md")]

mod allocator;
mod arguments;
mod british_grid;
mod command;
mod config;
mod database;
mod folder;
mod issuers;
mod output;
mod progress;
mod signal;
mod stores;
mod table;
mod telemetry;

use std::process::ExitCode;

use arguments::Arguments;
use config::Configured;

#[global_allocator]
static ALLOCATOR: allocator::BySize = allocator::BySize;

fn main() -> ExitCode {
    allocator::set_up();
    let configured = match config::parse(std::env::args_os()) {
        Ok(Configured::Run(arguments)) => *arguments,
        Ok(Configured::Print(text)) => return output::finish(output::print(&text)),
        Err(error) => error.exit(),
    };
    output::finish(run(configured))
}

fn run(arguments: Arguments) -> anyhow::Result<command::Outcome> {
    telemetry::start(&arguments)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(command::run(arguments));
    // Work whose answer nobody awaits any more must not keep the process.
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    outcome
}
