//! What tokens cost.

use rust_decimal::Decimal;

use super::Usage;
use crate::config::{Price, Prices};

impl Prices {
    /// What an answer of `model` costs, exactly, in US dollars.
    ///
    /// Tokens out of a cache count like all others, although Google takes less for them. A model without a price
    /// costs as much as the dearest, so that no budget is passed; [`crate::config::Gemini::read`] refuses one.
    #[must_use]
    pub fn cost(&self, model: &str, usage: &Usage) -> Decimal {
        self.priced(model, usage.input_tokens, usage.output_tokens)
    }

    /// What an answer of `model` costs at most, in US dollars, when its question has at most `input_tokens`.
    #[must_use]
    pub fn estimate(&self, model: &str, input_tokens: u64, output_tokens_max: u32) -> Decimal {
        self.priced(model, input_tokens, output_tokens_max.into())
    }

    fn priced(&self, model: &str, input_tokens: u64, output_tokens: u64) -> Decimal {
        let price = self.of(model).or_else(|| self.dearest());
        price.map_or(Decimal::ZERO, |Price { input, output }| {
            let paid = |tokens: u64, price: Decimal| Decimal::from(tokens).saturating_mul(price);
            let sum = paid(input_tokens, input).saturating_add(paid(output_tokens, output));
            sum.saturating_mul(Decimal::new(1, 6)).normalize()
        })
    }
}
