//! Quotas of pixels.

use crate::fixture::Fixture;
use ardent_catalog::Charge;
use chrono::{NaiveDate, TimeDelta, Utc};

/// What is left after a charge, and whether it was granted. A refusal says when there is more.
async fn charge(fixture: &Fixture, subject: &str, pixels: u64, quota: u64) -> (bool, u64) {
    let before = Utc::now();
    match fixture.catalog.charge(subject, pixels, quota).await.unwrap() {
        Charge::Granted { left, day } => {
            assert!(day == before.date_naive() || day == Utc::now().date_naive());
            (true, left)
        }
        Charge::Refused { left, resets } => {
            assert_eq!(resets.time(), chrono::NaiveTime::MIN, "midnight, UTC");
            assert!(resets > before && resets <= Utc::now() + TimeDelta::days(1), "{resets}");
            (false, left)
        }
    }
}

/// Tests that count on one day: not within a minute of midnight.
async fn not_at_midnight() {
    while (Utc::now() + TimeDelta::minutes(1)).date_naive() != Utc::now().date_naive() {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
}

#[tokio::test]
async fn pixels_are_charged_as_long_as_there_are_any_left() {
    not_at_midnight().await;
    let fixture = Fixture::with(&[]).await;
    for (subject, pixels, quota, expected) in [
        ("user:a", 0, 0, (true, 0)),
        ("user:a", 1, 0, (false, 0)),
        ("user:a", 60, 100, (true, 40)),
        ("user:a", 41, 100, (false, 40)),
        ("user:a", 40, 100, (true, 0)),
        ("user:a", 1, 100, (false, 0)),
        ("user:b", 100, 100, (true, 0)),
        ("user:c", 101, 100, (false, 100)),
        // The quota was raised, then lowered below what is used.
        ("user:a", 50, 200, (true, 50)),
        ("user:a", 1, 100, (false, 0)),
        ("user:d", u64::MAX, u64::MAX - 1, (true, 0)),
        ("user:d", u64::MAX, 100, (false, 0)),
        ("user:d", u64::MAX, u64::MAX, (false, 0)),
        ("user:e\0", 1, 2, (true, 1)),
    ] {
        assert_eq!(charge(&fixture, subject, pixels, quota).await, expected, "{subject} {pixels} of {quota}");
    }
    assert_eq!(fixture.catalog.used_today("user:a").await.unwrap(), 150);
    assert_eq!(fixture.catalog.used_today("user:c").await.unwrap(), 0, "what is refused is not charged");
    assert_eq!(fixture.catalog.used_today("user:nobody").await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_charges_at_once_never_exceed_the_quota() {
    not_at_midnight().await;
    let fixture = Fixture::with(&[]).await;
    for round in 0..5 {
        let subject = format!("user:{round}");
        // 20 fit, with 5 pixels to spare.
        let charges = (0..50).map(|_| charge(&fixture, &subject, 10, 205));
        let answers = futures::future::join_all(charges).await;
        let mut left: Vec<u64> = answers.iter().filter(|(granted, _)| *granted).map(|(_, left)| *left).collect();
        left.sort_unstable();
        let expected: Vec<u64> = (0..20).map(|number| 5 + 10 * number).collect();
        assert_eq!(left, expected, "each saw what the others had left");
        assert_eq!(fixture.catalog.used_today(&subject).await.unwrap(), 200);
    }
}

#[tokio::test]
async fn a_refund_is_for_the_day_of_the_charge() {
    not_at_midnight().await;
    let fixture = Fixture::with(&[]).await;
    let catalog = &fixture.catalog;
    let Charge::Granted { day, .. } = catalog.charge("user:a", 70, 100).await.unwrap() else { panic!("refused") };
    let yesterday = day.pred_opt().unwrap();
    catalog.refund("user:a", yesterday, 70).await.unwrap();
    assert_eq!(catalog.used_today("user:a").await.unwrap(), 70, "nothing was charged yesterday");
    catalog.refund("user:b", day, 70).await.unwrap();
    catalog.refund("user:a", day, 30).await.unwrap();
    assert_eq!(catalog.used_today("user:a").await.unwrap(), 40);
    assert_eq!(charge(&fixture, "user:a", 60, 100).await, (true, 0));
    catalog.refund("user:a", day, u64::MAX).await.unwrap();
    assert_eq!(catalog.used_today("user:a").await.unwrap(), 0, "never less than nothing");
    assert_eq!(catalog.used_today("user:b").await.unwrap(), 0);
}

#[tokio::test]
async fn a_new_day_has_a_whole_quota_and_old_days_are_forgotten() {
    not_at_midnight().await;
    let fixture = Fixture::with(&[]).await;
    let catalog = &fixture.catalog;
    catalog.charge("user:a", 100, 100).await.unwrap();
    let mut connection = fixture.connection().await;
    let age = "UPDATE usage SET day = day - 1; INSERT INTO usage SELECT 'user:b', '2020-01-01'::date + n, 1 \
        FROM generate_series(0, 9) AS n";
    sqlx::raw_sql(age).execute(&mut connection).await.unwrap();
    assert_eq!(charge(&fixture, "user:a", 100, 100).await, (true, 0));
    let before = NaiveDate::from_ymd_opt(2020, 1, 5).unwrap();
    assert_eq!(catalog.prune_usage(before).await.unwrap(), 4);
    let days: Vec<NaiveDate> =
        sqlx::query_scalar("SELECT day FROM usage WHERE subject = 'user:b'").fetch_all(&mut connection).await.unwrap();
    assert!(days.len() == 6 && days.iter().all(|day| *day >= before), "{days:?}");
    assert_eq!(catalog.prune_usage(Utc::now().date_naive()).await.unwrap(), 7, "all but today");
    assert_eq!(catalog.used_today("user:a").await.unwrap(), 100);
}
