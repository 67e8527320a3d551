//! How far long work is: a bar on a terminal, JSON lines on stderr otherwise.

use std::{
    io::{IsTerminal, Write},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use ardent_model::Progress;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

/// Least time between two lines of one stage.
const PAUSE: Duration = Duration::from_secs(1);

/// The form that fits stderr.
pub(crate) fn on_stderr() -> Box<dyn Progress> {
    if std::io::stderr().is_terminal() { Box::new(Bar::default()) } else { Box::new(Lines::new(std::io::stderr())) }
}

/// A bar per stage.
#[derive(Default)]
struct Bar {
    current: Mutex<Option<ProgressBar>>,
}

impl Progress for Bar {
    fn begin(&self, stage: &str, total: u64) {
        let style =
            ProgressStyle::with_template("{msg:<12} {wide_bar} {human_pos}/{human_len} {elapsed} (ends in {eta})");
        let bar = ProgressBar::new(total).with_message(stage.to_owned());
        if let Ok(style) = style {
            bar.set_style(style);
        }
        let before = self.current.lock().unwrap_or_else(PoisonError::into_inner).replace(bar);
        if let Some(before) = before {
            before.finish();
        }
    }

    fn advance(&self, steps: u64) {
        if let Some(bar) = &*self.current.lock().unwrap_or_else(PoisonError::into_inner) {
            bar.inc(steps);
        }
    }

    fn note(&self, message: &str) {
        match &*self.current.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(bar) => bar.println(message),
            None => drop(writeln!(std::io::stderr(), "{message}")),
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = self.current.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bar.abandon();
        }
    }
}

/// A line when a stage begins and ends, and at most one a second between.
struct Lines<W: Write + Send> {
    state: Mutex<State<W>>,
}

struct State<W> {
    out: W,
    stage: String,
    done: u64,
    total: u64,
    told: Instant,
}

impl<W: Write + Send> Lines<W> {
    fn new(out: W) -> Self {
        let state = State { out, stage: String::new(), done: 0, total: 0, told: Instant::now() };
        Self { state: Mutex::new(state) }
    }

    fn with(&self, act: impl FnOnce(&mut State<W>)) {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl<W: Write> State<W> {
    /// Work goes on if nobody reads how far it is.
    fn tell(&mut self, line: &serde_json::Value) {
        let _ = writeln!(self.out, "{line}");
    }

    fn tell_stage(&mut self) {
        self.told = Instant::now();
        self.tell(&json!({"stage": self.stage, "done": self.done, "total": self.total}));
    }
}

impl<W: Write + Send> Progress for Lines<W> {
    fn begin(&self, stage: &str, total: u64) {
        self.with(|state| {
            stage.clone_into(&mut state.stage);
            (state.done, state.total) = (0, total);
            state.tell_stage();
        });
    }

    fn advance(&self, steps: u64) {
        self.with(|state| {
            state.done += steps;
            if state.done == state.total || state.told.elapsed() >= PAUSE {
                state.tell_stage();
            }
        });
    }

    fn note(&self, message: &str) {
        self.with(|state| state.tell(&json!({"stage": state.stage, "note": message})));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_tell_the_beginning_the_notes_and_the_end() {
        let lines = Lines::new(Vec::new());
        lines.begin("upload", 3);
        lines.advance(1);
        lines.note("x.tif is incomplete");
        lines.advance(2);
        let text = String::from_utf8(lines.state.into_inner().unwrap().out).unwrap();
        let expected = [
            json!({"stage": "upload", "done": 0, "total": 3}),
            json!({"stage": "upload", "note": "x.tif is incomplete"}),
            json!({"stage": "upload", "done": 3, "total": 3}),
        ];
        let told: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(told, expected);
    }
}
