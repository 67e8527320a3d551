//! Items by the calendar.

use std::collections::BTreeSet;

use ardent_catalog::{Access, DayQuery};
use ardent_model::{CollectionPolicy, Period, Visibility};
use chrono::NaiveDate;

use crate::fixture::{Fixture, Random, document, square};

fn days(random: &mut Random, count: usize) -> Vec<NaiveDate> {
    let first = NaiveDate::from_ymd_opt(2017, 12, 30).unwrap();
    (0..count).map(|_| first + chrono::Days::new(random.below(900))).collect()
}

#[tokio::test]
async fn periods_are_those_that_have_items() {
    let fixture = Fixture::with(&["a", "b"]).await;
    let days = days(&mut Random(7), 60);
    let at = |day: &NaiveDate, time: &str| format!("{day}T{time}Z");
    let items = days.iter().enumerate().flat_map(|(number, day)| {
        [("first", "00:00:00"), ("last", "23:59:59.999")]
            .map(|(name, time)| document("a", &format!("{name}{number}"), square(0.0, 50.0, 1.0), &at(day, time)))
    });
    fixture.put(items).await;
    fixture.put([document("b", "other", square(0.0, 50.0, 1.0), "2025-01-01T00:00:00Z")]).await;
    let mut waiting = vec![Period::All];
    let mut reached = BTreeSet::new();
    while let Some(period) = waiting.pop() {
        let found = fixture.catalog.periods("a", period, &Access::Public).await.unwrap();
        let expected: BTreeSet<String> = days
            .iter()
            .filter(|day| {
                period.bounds().is_none_or(|(first, next)| (first.date_naive()..next.date_naive()).contains(day))
            })
            .filter_map(|day| period.part(*day))
            .map(|part| part.to_string())
            .collect();
        let expected: Vec<String> = expected.into_iter().rev().collect();
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), expected, "{period}");
        waiting.extend(found);
        if let Period::Day(day) = period {
            reached.insert(day);
        }
    }
    assert_eq!(reached, days.into_iter().collect());
    for (collection, access) in [("a", Access::Nothing), ("none", Access::Full), ("\0", Access::Full)] {
        assert!(fixture.catalog.periods(collection, Period::All, &access).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_day_is_read_page_by_page() {
    let fixture = Fixture::with(&["a"]).await;
    let item = |number: usize, at: &str| document("a", &format!("i{number:02}"), square(0.0, 50.0, 1.0), at);
    let times = ["2019-06-01T00:00:00Z", "2019-06-01T12:00:00Z", "2019-06-01T23:59:59.999Z"];
    fixture.put((0..12).map(|number| item(number, times[number % 3]))).await;
    fixture.put([item(90, "2019-05-31T23:59:59.999Z"), item(91, "2019-06-02T00:00:00Z")]).await;
    let day = NaiveDate::from_ymd_opt(2019, 6, 1).unwrap();
    let expected: Vec<String> =
        (0..3).rev().flat_map(|time| (0..4).map(move |turn| format!("i{:02}", turn * 3 + time))).collect();
    for limit in [1, 5, 12, 13] {
        let (mut ids, mut token) = (Vec::new(), None);
        loop {
            let query = DayQuery { collection: "a", day, limit, token: token.as_deref() };
            let page = fixture.catalog.items_of_day(query, &Access::Public).await.unwrap();
            ids.extend(page.ids);
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(ids, expected, "{limit}");
    }
    let query = DayQuery { collection: "a", day, limit: 5, token: None };
    let token = fixture.catalog.items_of_day(query, &Access::Full).await.unwrap().next;
    let next_day = DayQuery { day: day.succ_opt().unwrap(), token: token.as_deref(), ..query };
    assert!(fixture.catalog.items_of_day(next_day, &Access::Full).await.is_err(), "the token of another day");
    let hidden = CollectionPolicy { visibility: Visibility::Owner, ..CollectionPolicy::default() };
    fixture.catalog.set_collection_policy("a", &hidden).await.unwrap();
    assert!(fixture.catalog.items_of_day(query, &Access::Public).await.unwrap().ids.is_empty());
    assert!(fixture.catalog.periods("a", Period::All, &Access::Public).await.unwrap().is_empty());
}
