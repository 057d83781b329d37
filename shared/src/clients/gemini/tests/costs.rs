//! What answers cost.

use rust_decimal::Decimal;

use super::*;

fn prices() -> config::Prices {
    config::Gemini::at("http://127.0.0.1".parse().unwrap(), API_KEY).prices
}

#[test]
fn a_cost_is_exact() {
    let usage = Usage {
        input_tokens: 1_234_567,
        output_tokens: 1,
        ..USAGE
    };
    let wanted: Decimal = "1.234577".parse().unwrap();
    assert_eq!(prices().cost("gemini-flash-latest", &usage), wanted);
}

#[test]
fn an_estimate_is_what_the_longest_answer_costs() {
    let wanted: Decimal = "0.022".parse().unwrap();
    assert_eq!(prices().estimate("gemini-pro-latest", 1_000, 1_000), wanted);
}

#[test]
fn a_model_without_a_price_costs_as_much_as_the_dearest() {
    let usage = USAGE;
    let dearest = prices().cost("gemini-pro-latest", &usage);
    assert_eq!(prices().cost("gemini-of-tomorrow", &usage), dearest);
}

#[test]
fn no_count_of_tokens_is_too_large() {
    let usage = Usage {
        input_tokens: u64::MAX,
        output_tokens: u64::MAX,
        ..USAGE
    };
    assert!(prices().cost("gemini-pro-latest", &usage) > Decimal::ONE);
}
