//! What holds for any numbers.

use proptest::prelude::*;

use super::*;

fn count(max: i64) -> impl Strategy<Value = Option<i64>> {
    proptest::option::of(0..=max)
}

fn money() -> impl Strategy<Value = Option<Decimal>> {
    proptest::option::of((0..100_000_000_i64).prop_map(|cents| Decimal::new(cents, 2)))
}

fn word(words: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    proptest::option::of(proptest::sample::select(words).prop_map(str::to_owned))
}

/// A day of one of six ads, with numbers that occur.
fn a_day() -> impl Strategy<Value = AdDay> {
    let numbers = (
        money(),
        count(1_000_000),
        count(10_000),
        count(100),
        count(50),
        money(),
    );
    let video = (
        count(10_000),
        count(5_000),
        count(1_000),
        proptest::option::of(100..900_i64),
    );
    let words = (
        word(&["unaware", "problem", "all"]),
        word(&["video", "image"]),
    );
    ("[A-F]", 0..60_i64, numbers, video, words).prop_map(|(ad, date, numbers, video, words)| {
        AdDay {
            ad,
            date: NaiveDate::default() + chrono::TimeDelta::days(date),
            spend: numbers.0,
            impressions: numbers.1,
            link_clicks: numbers.2,
            add_to_carts: numbers.3,
            purchases: numbers.4,
            purchase_value: numbers.5,
            video_views: video.0,
            video_p25: video.1,
            video_p100: video.2,
            frequency: video.3.map(|hundredths| Decimal::new(hundredths, 2)),
            awareness: words.0,
            format: words.1,
        }
    })
}

/// Any decimal at all.
fn extreme() -> impl Strategy<Value = Option<Decimal>> {
    let parts = (
        any::<u32>(),
        any::<u32>(),
        any::<u32>(),
        any::<bool>(),
        0..=28_u32,
    );
    let any = parts.prop_map(|(low, middle, high, sign, scale)| {
        Decimal::from_parts(low, middle, high, sign, scale)
    });
    let edge = proptest::sample::select(vec![
        Decimal::MAX,
        Decimal::MIN,
        Decimal::new(1, 28),
        Decimal::ZERO,
    ]);
    proptest::option::of(prop_oneof![any, edge])
}

fn an_extreme_day() -> impl Strategy<Value = AdDay> {
    let counts = proptest::array::uniform6(proptest::option::of(prop_oneof![
        any::<i64>(),
        Just(i64::MAX),
        Just(i64::MIN)
    ]));
    ("[AB]", extreme(), extreme(), extreme(), counts).prop_map(
        |(ad, spend, value, frequency, counts)| AdDay {
            ad,
            spend,
            purchase_value: value,
            frequency,
            impressions: counts[0],
            link_clicks: counts[1],
            purchases: counts[2],
            video_views: counts[3],
            video_p25: counts[4],
            video_p100: counts[5],
            ..AdDay::default()
        },
    )
}

/// The first half of a day, and the second.
fn halves(day: &AdDay) -> [AdDay; 2] {
    let parts = |of: Option<i64>| (of.map(|it| it / 2), of.map(|it| it - it / 2));
    let money = |of: Option<Decimal>| {
        (
            of.map(|it| it / Decimal::TWO),
            of.map(|it| it / Decimal::TWO),
        )
    };
    let (spend, value) = (money(day.spend), money(day.purchase_value));
    let counts = [
        day.impressions,
        day.link_clicks,
        day.add_to_carts,
        day.purchases,
        day.video_views,
        day.video_p25,
        day.video_p100,
    ];
    let counts = counts.map(parts);
    let first = AdDay {
        spend: spend.0,
        purchase_value: value.0,
        impressions: counts[0].0,
        link_clicks: counts[1].0,
        add_to_carts: counts[2].0,
        purchases: counts[3].0,
        video_views: counts[4].0,
        video_p25: counts[5].0,
        video_p100: counts[6].0,
        ..day.clone()
    };
    let second = AdDay {
        spend: spend.1,
        purchase_value: value.1,
        impressions: counts[0].1,
        link_clicks: counts[1].1,
        add_to_carts: counts[2].1,
        purchases: counts[3].1,
        video_views: counts[4].1,
        video_p25: counts[5].1,
        video_p100: counts[6].1,
        ..day.clone()
    };
    [first, second]
}

fn is_in_order(spread: &Spread, figures: &[Decimal]) -> bool {
    let quartiles = [
        figures.iter().min().copied(),
        spread.p25,
        spread.p50,
        spread.p75,
        figures.iter().max().copied(),
    ];
    quartiles.is_sorted() && quartiles.iter().all(Option::is_some) != figures.is_empty()
}

proptest! {
    #[test]
    fn the_order_of_days_does_not_matter(days in proptest::collection::vec(a_day(), 0..40), seed in any::<u64>()) {
        let mut shuffled = days.clone();
        let turn = usize::try_from(seed % 40).unwrap().min(days.len());
        shuffled.rotate_left(turn);
        shuffled.reverse();
        prop_assert_eq!(baselines(&shuffled), baselines(&days));
    }

    #[test]
    fn the_order_of_extreme_days_does_not_matter_either(days in proptest::collection::vec(an_extreme_day(), 0..6)) {
        let mut reversed = days.clone();
        reversed.reverse();
        prop_assert_eq!(baselines(&reversed), baselines(&days));
    }

    #[test]
    fn a_day_told_in_two_halves_changes_no_ratio(days in proptest::collection::vec(a_day(), 1..20)) {
        let days: Vec<_> = days.into_iter().map(|day| AdDay { frequency: None, ..day }).collect();
        let split: Vec<_> = days.iter().flat_map(halves).collect();
        for (whole, halves) in per_ad(&days).into_iter().zip(per_ad(&split)) {
            for metric in Metric::ALL {
                prop_assert_eq!(whole.figure(metric), halves.figure(metric), "{:?}", metric);
            }
        }
        let (whole, halves) = (baselines(&days), baselines(&split));
        prop_assert_eq!(whole.iter().map(|it| &it.metrics).collect::<Vec<_>>(), halves.iter().map(|it| &it.metrics).collect::<Vec<_>>());
    }

    #[test]
    fn quartiles_are_in_order_and_within_the_figures(
        figures in proptest::collection::vec(extreme().prop_map(Option::unwrap_or_default), 0..120),
        is_clipped in any::<bool>(),
    ) {
        let spread = Spread::of(figures.clone(), is_clipped);
        prop_assert_eq!(spread.ads, figures.len());
        prop_assert!(is_in_order(&spread, &figures), "{:?}", spread);
    }

    #[test]
    fn no_number_makes_it_panic_and_no_total_is_negative(days in proptest::collection::vec(an_extreme_day(), 0..8)) {
        for baseline in baselines(&days) {
            prop_assert!(baseline.impressions >= 0 && baseline.spend >= Decimal::ZERO);
            prop_assert!(baseline.metrics.values().all(|spread| spread.ads <= baseline.ads));
        }
    }
}
