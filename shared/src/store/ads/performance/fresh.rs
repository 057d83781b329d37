//! Rows of numbers as Postgres has them on the wire, for days of which nothing is stored yet.
//!
//! `copy` is the shortest way into a table, and it knows no conflict: one row that is there fails all of them. Rows
//! are told in its binary format, with ids of ours, since Postgres takes rows one at a time where it has to make ids up.
//!
//! **Source:** PostgreSQL's manual, "COPY", "Binary Format".

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::value::RawValue;
use sqlx::{Encode, Postgres, encode::IsNull, error::BoxDynError, postgres::PgArgumentBuffer};
use uuid::{Builder, Uuid};

use super::Owner;
use crate::{domain::performance::Performance, store::Tx};

const STATEMENT: &str = "copy meta_ads_performance (
    id, organization_id, brand_id, meta_ad_account_id, fetched_at, is_provisional,
    meta_ad_id, date, meta_adset_id, meta_campaign_id, ad_name, adset_name, campaign_name, spend,
    frequency, cpm, link_ctr, link_cpc, cost_per_add_to_cart, cost_per_initiate_checkout,
    purchase_value, roas, video_avg_watch_time, conversion_rate, hold_rate, hook_rate,
    impressions, reach, link_clicks, add_to_carts, initiate_checkouts, landing_page_views,
    content_views, purchases, video_views, video_p25_watched, video_p50_watched,
    video_p75_watched, video_p95_watched, video_p100_watched, video_thruplay, raw_actions,
    raw_costs, action_values) from stdin (format binary)";

/// Columns of the statement.
const COLUMNS: i16 = 44;

/// Signature, flags and the length of the header's extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// In the place of another row's number of columns.
const TRAILER: i16 = -1;
/// In the place of a length.
const NULL: i32 = -1;
/// Of the binary format of `jsonb`.
const JSONB_VERSION: u8 = 1;

/// Rows, ready to be sent: made before their transaction begins, so that no connection waits for it.
#[derive(Debug)]
pub struct Fresh(PgArgumentBuffer);

impl Fresh {
    /// Takes rows, each once per ad and day, that were read as a whole at `now`. `today` is the day in the account's
    /// time zone: its numbers are not complete.
    ///
    /// # Errors
    /// [`sqlx::Error`] when a value has no place in its column.
    pub fn of(
        owner: &Owner,
        rows: &[Performance],
        (now, today): (DateTime<Utc>, NaiveDate),
    ) -> sqlx::Result<Self> {
        let mut fresh = Self(PgArgumentBuffer::default());
        fresh.0.extend_from_slice(HEADER);
        for (row, id) in rows.iter().zip(ids(now)) {
            fresh.0.extend_from_slice(&COLUMNS.to_be_bytes());
            fresh.owner(id, owner, now)?;
            fresh.put(row.date >= today)?;
            fresh.names(row)?;
            fresh.decimals(row)?;
            fresh.counts(row)?;
            fresh.lists(row)?;
        }
        fresh.0.extend_from_slice(&TRAILER.to_be_bytes());
        Ok(fresh)
    }

    /// Writes the rows; returns how many they were. PostgreSQL copies none under row-level security, so the transaction
    /// is the installation's; each row says whose it is.
    ///
    /// # Errors
    /// [`sqlx::Error`] if Postgres does not answer, and a unique violation when a row of the same ad and day is there.
    /// The transaction is of no use then.
    pub async fn write(&self, tx: &mut Tx) -> sqlx::Result<u64> {
        tx.copy_in(STATEMENT, &self.0).await
    }

    fn owner(&mut self, id: Uuid, owner: &Owner, now: DateTime<Utc>) -> sqlx::Result<()> {
        self.put(id)?;
        self.put(owner.organization_id.0)?;
        self.put(owner.brand_id.0)?;
        self.put(owner.account.as_str())?;
        self.put(now)
    }

    fn names(&mut self, row: &Performance) -> sqlx::Result<()> {
        self.put(row.ad.as_str())?;
        self.put(row.date)?;
        self.put_if(row.adset.as_deref())?;
        self.put(row.campaign.as_str())?;
        self.put_if(row.ad_name.as_deref())?;
        self.put_if(row.adset_name.as_deref())?;
        self.put_if(row.campaign_name.as_deref())
    }

    fn decimals(&mut self, row: &Performance) -> sqlx::Result<()> {
        let decimals = [
            row.spend,
            row.frequency,
            row.cpm_or_quotient(),
            row.link_ctr,
            row.link_cpc,
            row.cost_per_add_to_cart,
            row.cost_per_initiate_checkout,
            row.purchase_value,
            row.roas,
            row.video_avg_watch_time,
            row.conversion_rate(),
            row.hold_rate(),
            row.hook_rate(),
        ];
        decimals.into_iter().try_for_each(|it| self.put_if(it))
    }

    fn counts(&mut self, row: &Performance) -> sqlx::Result<()> {
        let counts = [
            row.impressions,
            row.reach,
            row.link_clicks,
            row.add_to_carts,
            row.initiate_checkouts,
            row.landing_page_views,
            row.content_views,
            row.purchases,
            row.video_views,
            row.video_p25,
            row.video_p50,
            row.video_p75,
            row.video_p95,
            row.video_p100,
            row.video_thruplay,
        ];
        counts.into_iter().try_for_each(|it| self.put_if(it))
    }

    fn lists(&mut self, row: &Performance) -> sqlx::Result<()> {
        let lists = [&row.raw_actions, &row.raw_costs, &row.action_values];
        lists
            .into_iter()
            .try_for_each(|list| self.put_if(list.as_deref().map(Jsonb)))
    }

    fn put_if<'q>(&mut self, value: Option<impl Encode<'q, Postgres>>) -> sqlx::Result<()> {
        match value {
            Some(value) => self.put(value),
            None => {
                self.0.extend_from_slice(&NULL.to_be_bytes());
                Ok(())
            }
        }
    }

    /// Appends a column: its length, and the value as it would be an argument.
    fn put<'q>(&mut self, value: impl Encode<'q, Postgres>) -> sqlx::Result<()> {
        let place = self.0.len();
        self.0.extend_from_slice(&NULL.to_be_bytes());
        let start = self.0.len();
        let is_null = value.encode(&mut self.0).map_err(sqlx::Error::Encode)?;
        let length = match is_null {
            IsNull::Yes => NULL,
            IsNull::No => i32::try_from(self.0.len() - start)
                .map_err(|error| sqlx::Error::Encode(error.into()))?,
        };
        if let Some(place) = self.0.get_mut(place..start) {
            place.copy_from_slice(&length.to_be_bytes());
        }
        Ok(())
    }
}

/// JSON as it came. sqlx's own waits for the type of its column, which no `copy` asks for.
struct Jsonb<'a>(&'a RawValue);

impl<'q> Encode<'q, Postgres> for Jsonb<'_> {
    fn encode_by_ref(&self, out: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        out.push(JSONB_VERSION);
        out.extend_from_slice(self.0.get().as_bytes());
        Ok(IsNull::No)
    }
}

/// Ids that follow each other, so that each has its place in the index beside the one before. They begin anywhere.
fn ids(now: DateTime<Utc>) -> impl Iterator<Item = Uuid> {
    let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
    let first = Uuid::new_v4().as_u128();
    (0..).map(move |number| {
        let [_, _, _, _, _, _, rest @ ..] = first.wrapping_add(number).to_be_bytes();
        Builder::from_unix_timestamp_millis(millis, &rest).into_uuid()
    })
}
