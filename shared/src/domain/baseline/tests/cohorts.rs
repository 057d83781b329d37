//! Which ads make a cohort, and how its figures are spread.

use super::*;

/// Names of the cohorts, with the ads of each.
fn cohorts(days: &[AdDay]) -> Vec<(String, String, usize)> {
    let named = |it: Baseline| (it.awareness, it.format, it.ads);
    baselines(days).into_iter().map(named).collect()
}

#[test]
fn a_percentile_lies_between_the_closest_ranks() {
    let values = ["1", "2", "3", "4"].map(decimal);
    let found = [25, 50, 75].map(|percent| percentile(&values, percent).unwrap());
    assert_eq!(found, ["1.75", "2.5", "3.25"].map(decimal));
    assert_eq!(percentile(&values[..1], 75), Some(Decimal::ONE));
    assert_eq!(percentile(&[], 50), None);
}

/// 1, 2, …, and the last one far away.
fn with_an_outlier(count: usize) -> Vec<Decimal> {
    let mut figures: Vec<_> = (1..=count).map(Decimal::from).collect();
    figures[count - 1] = decimal("1000000");
    figures
}

#[test]
fn the_rarest_figures_are_drawn_in_before_percentiles_are_taken() {
    let spread = Spread::of(vec![decimal("1"), decimal("2"), decimal("900")], true);
    assert_eq!(
        spread.p75,
        Some(decimal("451")),
        "2 % of three ads are none"
    );

    // Of 100, the third from below and the 99th are the limits: 3 and 99.
    let mut clipped = with_an_outlier(100);
    spread::clip(&mut clipped);
    assert_eq!(clipped[..4], ["3", "3", "3", "4"].map(decimal));
    assert_eq!(clipped[97..], ["98", "99", "99"].map(decimal));
}

#[test]
fn hook_hold_and_completion_are_not_clipped() {
    let clipped: Vec<_> = Metric::ALL
        .into_iter()
        .filter(|metric| !metric.is_clipped())
        .collect();
    assert_eq!(
        clipped,
        [Metric::HookRate, Metric::HoldRate, Metric::CompletionRate]
    );
}

#[test]
fn a_cohort_is_sufficient_from_its_four_thresholds_on() {
    let days = |rows: u32, ads: u32, impressions: i64, spend: &str| -> Vec<AdDay> {
        let first = day("0", 30, spend, impressions, 1);
        let others = (1..rows).map(|row| day(&(row % ads).to_string(), row, "0", 0, 0));
        others.chain([first]).collect()
    };
    let is_sufficient = |days: Vec<AdDay>| of_all(&days).is_sufficient;

    assert!(is_sufficient(days(30, 5, 10_000, "100")));
    assert!(!is_sufficient(days(29, 5, 10_000, "100")), "29 daily rows");
    assert!(!is_sufficient(days(30, 4, 10_000, "100")), "4 ads");
    assert!(
        !is_sufficient(days(30, 5, 9_999, "100")),
        "9,999 impressions"
    );
    assert!(
        !is_sufficient(days(30, 5, 10_000, "99.99")),
        "99.99 of spend"
    );
}

#[test]
fn cohorts_are_made_of_what_is_known() {
    let of = |ad: &str, awareness: Option<&str>, format: Option<&str>| AdDay {
        awareness: awareness.map(str::to_owned),
        format: format.map(str::to_owned),
        ..day(ad, 1, "1", 1, 1)
    };
    let days = [
        of("A", Some("unaware"), Some("video")),
        of("B", Some("unaware"), None),
        of("C", None, Some("image")),
        of("D", Some(ALL), Some("")),
    ];
    let expected = [
        (ALL, ALL, 4),
        (ALL, "image", 1),
        (ALL, "video", 1),
        ("unaware", ALL, 2),
        ("unaware", "video", 1),
    ];
    assert_eq!(
        cohorts(&days),
        expected.map(|(one, other, ads)| (one.into(), other.into(), ads))
    );
    assert_eq!(
        cohorts(&[]),
        [(ALL.into(), ALL.into(), 0)],
        "no ads is a baseline as well"
    );
}

#[test]
fn an_ad_belongs_where_its_newest_day_says() {
    let of = |at: u32, format: Option<&str>| AdDay {
        format: format.map(str::to_owned),
        ..day("A", at, "1", 1, 1)
    };
    let days = [of(2, Some("video")), of(3, None), of(1, Some("image"))];
    assert_eq!(
        cohorts(&days),
        [(ALL.into(), ALL.into(), 1), (ALL.into(), "video".into(), 1)]
    );
}
