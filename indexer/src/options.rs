//! What to index.

use ardent_model::Interval;
use chrono::{NaiveDate, NaiveTime, TimeDelta};

use crate::{Error, Result};

/// What to index.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `s3://bucket/prefix`, `file:///folder`, folders and files; documents are found below them.
    pub sources: Vec<String>,
    /// First day (UTC), included.
    pub from: Option<NaiveDate>,
    /// Last day (UTC), included.
    pub to: Option<NaiveDate>,
    /// Collection for documents that name none.
    pub collection: Option<String>,
    /// Folder in which documents that were refused are kept, each with its reason.
    pub rejects: Option<std::path::PathBuf>,
    /// Say what would be done, and do nothing.
    pub dry_run: bool,
}

impl Options {
    /// Whether these options can be followed at all.
    pub(crate) fn check(&self) -> Result<()> {
        let fault = |option, reason: String| Err(Error::Option { option, reason });
        if self.sources.is_empty() {
            return fault("sources", "there is none; give s3://bucket/prefix, a folder or a file".to_owned());
        }
        match (self.from, self.to) {
            (Some(from), Some(to)) if from > to => {
                fault("from", format!("{from} is after the last day, {to}; exchange the two"))
            }
            _ => Ok(()),
        }
    }

    /// The time from the first to the last day, or `None` if neither is given.
    pub(crate) fn interval(&self) -> Option<Interval> {
        let start = self.from.map(|day| day.and_time(NaiveTime::MIN).and_utc());
        let end = self.to.map(|day| day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::days(1));
        let end = end.map(|next| next - TimeDelta::microseconds(1));
        (start.is_some() || end.is_some()).then_some(Interval { start, end })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverted_dates_and_no_sources_are_refused() {
        let day = |day| NaiveDate::from_ymd_opt(2019, 6, day);
        let options = Options { sources: vec!["x".to_owned()], from: day(2), to: day(1), ..Options::default() };
        assert!(options.check().unwrap_err().to_string().contains("exchange"));
        assert!(Options::default().check().unwrap_err().to_string().contains("s3://bucket/prefix"));
    }
}
