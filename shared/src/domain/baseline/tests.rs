//! The rule on vectors of our own, on the shelf's where `SUNDIAL_META_FIXTURES` names a folder, and its
//! properties on any numbers.

mod cohorts;

use serde_json::{Value, json};

use super::{spread::percentile, *};

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn date(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 4, day).unwrap()
}

fn day(ad: &str, day: u32, spend: &str, impressions: i64, link_clicks: i64) -> AdDay {
    AdDay {
        ad: ad.to_owned(),
        date: date(day),
        spend: Some(decimal(spend)),
        impressions: Some(impressions),
        link_clicks: Some(link_clicks),
        ..AdDay::default()
    }
}

fn figure(days: &[AdDay], metric: Metric) -> Option<Decimal> {
    per_ad(days)[0].figure(metric)
}

fn of_all(days: &[AdDay]) -> Baseline {
    baselines(days).remove(0)
}

#[test]
fn a_ratio_is_made_of_sums_and_never_of_daily_ratios() {
    let days = [day("A", 1, "80", 4_000, 1), day("A", 2, "20", 6_000, 99)];

    assert_eq!(
        figure(&days, Metric::Cpc),
        Some(decimal("1")),
        "80 and 0.20 would make 40.10"
    );
    assert_eq!(figure(&days, Metric::Cpm), Some(decimal("10")));
    assert_eq!(
        figure(&days, Metric::Ctr),
        Some(decimal("0.01")),
        "a fraction"
    );
}

#[test]
fn every_metric_follows_its_formula() {
    let days = [AdDay {
        add_to_carts: Some(8),
        purchases: Some(4),
        purchase_value: Some(decimal("250.50")),
        video_views: Some(2_000),
        video_p25: Some(1_000),
        video_p100: Some(200),
        frequency: Some(decimal("1.2")),
        ..day("A", 1, "100.00", 10_000, 100)
    }];
    let expected = [
        (Metric::Cpc, "1"),
        (Metric::Cpm, "10"),
        (Metric::Ctr, "0.01"),
        (Metric::Roas, "2.505"),
        (Metric::ConversionRate, "4"),
        (Metric::CostPerPurchase, "25"),
        (Metric::CostPerAddToCart, "12.5"),
        (Metric::Frequency, "1.2"),
        (Metric::HookRate, "0.2"),
        (Metric::HoldRate, "0.5"),
        (Metric::CompletionRate, "0.02"),
    ];
    assert_eq!(expected.map(|(metric, _)| metric), Metric::ALL);
    for (metric, value) in expected {
        assert_eq!(figure(&days, metric), Some(decimal(value)), "{metric:?}");
    }
}

#[test]
fn nothing_is_divided_by_nothing() {
    for metric in Metric::ALL {
        assert_eq!(
            figure(&[day("A", 1, "0", 0, 0)], metric),
            None,
            "{metric:?}"
        );
    }
    let unknown = AdDay {
        spend: None,
        ..day("A", 1, "0", 100, 10)
    };
    assert_eq!(
        figure(&[unknown], Metric::Cpc),
        None,
        "spend that is not known is not 0"
    );
    assert_eq!(
        figure(&[day("A", 1, "0", 100, 10)], Metric::Cpc),
        Some(Decimal::ZERO)
    );
}

#[test]
fn an_ad_that_sold_nothing_has_a_return_of_zero_outside_of_its_cohort() {
    let sold = AdDay {
        purchases: Some(1),
        purchase_value: Some(decimal("20")),
        ..day("A", 1, "10", 100, 5)
    };
    let days = [sold, day("B", 1, "10", 100, 5)];

    for metric in [Metric::Roas, Metric::ConversionRate] {
        assert_eq!(
            per_ad(&days)[1].figure(metric),
            Some(Decimal::ZERO),
            "{metric:?}"
        );
        assert_eq!(of_all(&days).metrics[&metric].ads, 1, "{metric:?}");
    }
    assert_eq!(of_all(&days).metrics[&Metric::Roas].p50, Some(decimal("2")));
}

#[test]
fn a_still_image_has_no_video_figures() {
    let zero = AdDay {
        video_views: Some(0),
        video_p25: Some(0),
        video_p100: Some(0),
        ..day("A", 1, "1", 100, 1)
    };
    for days in [[zero], [day("A", 1, "1", 100, 1)]] {
        for metric in [Metric::HookRate, Metric::HoldRate, Metric::CompletionRate] {
            assert_eq!(figure(&days, metric), None, "{metric:?}");
        }
    }
}

#[test]
fn frequency_is_the_mean_of_the_days_that_tell_it() {
    let with = |at: u32, frequency: Option<&str>| AdDay {
        frequency: frequency.map(decimal),
        ..day("A", at, "1", 1, 1)
    };
    let days = [with(1, Some("1")), with(2, None), with(3, Some("2"))];
    assert_eq!(figure(&days, Metric::Frequency), Some(decimal("1.5")));
}

#[test]
fn figures_are_stored_as_exact_text() {
    let metrics = serde_json::to_value(of_all(&[day("A", 1, "1", 3, 0)]).metrics).unwrap();
    assert_eq!(
        metrics["cpm"]["p50"],
        json!("333.33333333333333333333333333")
    );
    assert_eq!(
        metrics["cpc"],
        json!({"ads": 0, "p25": null, "p50": null, "p75": null})
    );
}

#[test]
fn a_figure_that_does_not_fit_is_left_out_and_no_other() {
    let large = Decimal::MAX.to_string();
    let days = [
        day("A", 1, &large, 10, 10),
        day("A", 2, &large, 10, 10),
        day("B", 1, &large, 1, 1),
    ];
    assert_eq!(figure(&days, Metric::Cpc), None);
    assert_eq!(figure(&days, Metric::Ctr), Some(Decimal::ONE));
    assert_eq!(
        per_ad(&days)[1].figure(Metric::Cpm),
        None,
        "a thousand times the spend"
    );
    assert_eq!(per_ad(&days)[1].figure(Metric::Cpc), Some(Decimal::MAX));
}

fn read(row: &Value) -> AdDay {
    let number = |name: &str| row[name].as_str().map(decimal);
    AdDay {
        ad: row["meta_ad_id"].as_str().unwrap().to_owned(),
        date: row["date"].as_str().unwrap().parse().unwrap(),
        spend: number("spend"),
        impressions: row["impressions"].as_i64(),
        link_clicks: row["link_clicks"].as_i64(),
        purchases: row["purchases"].as_i64(),
        purchase_value: number("purchase_value"),
        video_views: row["video_views"].as_i64(),
        video_p25: row["video_p25_watched"].as_i64(),
        video_p100: row["video_p100_watched"].as_i64(),
        ..AdDay::default()
    }
}

#[test]
fn the_vector_of_the_shelf_is_met() {
    #[expect(clippy::disallowed_methods, reason = "a test input, not a setting")]
    let Ok(folder) = std::env::var("SUNDIAL_META_FIXTURES") else {
        eprintln!("SKIPPED: SUNDIAL_META_FIXTURES names no folder with the vector");
        return;
    };
    let text = std::fs::read(format!("{folder}/cpc_baseline_vector_composed.json")).unwrap();
    let vector: Value = serde_json::from_slice(&text).unwrap();
    let days: Vec<_> = vector["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(read)
        .collect();
    let names = [
        ("cpc", Metric::Cpc),
        ("cpm", Metric::Cpm),
        ("ctr", Metric::Ctr),
        ("roas", Metric::Roas),
        ("conversion_rate_percent", Metric::ConversionRate),
        ("cost_per_purchase", Metric::CostPerPurchase),
        ("hook_rate", Metric::HookRate),
        ("hold_rate_p25_over_views", Metric::HoldRate),
        ("completion_p100_over_impressions", Metric::CompletionRate),
    ];
    for ad in per_ad(&days) {
        let expected = vector["per_ad"][&ad.ad].as_object().unwrap();
        assert_eq!(expected.len(), names.len() + 1, "every figure is compared");
        assert_eq!(ad.spend, decimal(&expected["spend"].to_string()));
        for (name, metric) in names {
            let value = Some(&expected[name]).filter(|value| !value.is_null());
            assert_eq!(
                ad.figure(metric),
                value.map(|value| decimal(&value.to_string())),
                "{} {name}",
                ad.ad
            );
        }
    }
    let check = &vector["percentile_check"];
    let values = check["values"]
        .as_array()
        .unwrap()
        .iter()
        .map(|value| decimal(&value.to_string()));
    let spread = Spread::of(values.collect(), false);
    for (name, found) in [
        ("p25", spread.p25),
        ("p50", spread.p50),
        ("p75", spread.p75),
    ] {
        assert_eq!(found, Some(decimal(&check[name].to_string())), "{name}");
    }
}
