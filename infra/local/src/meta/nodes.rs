//! The fields each type of node has. Asking for another one is an error, as it is at Meta.

use super::{catalogue::Type, fields::Field, refusal::Refusal};

impl Type {
    /// What the API calls the type in its errors.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Account => "AdAccount",
            Self::Campaign => "Campaign",
            Self::AdSet => "AdSet",
            Self::Ad => "Ad",
            Self::Creative => "AdCreative",
            Self::Video => "Video",
            Self::Image => "AdImage",
            Self::Post => "Post",
            Self::Report => "AdReportRun",
        }
    }

    /// **Source:** the reference pages of the Marketing API, one per type; the fields that make
    /// sense for reading media and statuses, not all.
    fn fields(self) -> &'static str {
        match self {
            Self::Account => {
                "id account_id name account_status currency timezone_name timezone_id timezone_offset_hours_utc \
                 created_time amount_spent business owner disable_reason age"
            }
            Self::Campaign => {
                "id name account_id objective status effective_status configured_status daily_budget lifetime_budget \
                 buying_type created_time updated_time start_time stop_time special_ad_categories"
            }
            Self::AdSet => {
                "id name account_id campaign_id campaign status effective_status configured_status daily_budget \
                 lifetime_budget optimization_goal attribution_spec billing_event bid_amount targeting created_time updated_time"
            }
            Self::Ad => {
                "id name account_id adset_id adset campaign_id campaign creative status effective_status \
                 configured_status created_time updated_time tracking_specs conversion_domain issues_info \
                 preview_shareable_link source_ad_id bid_amount insights"
            }
            Self::Creative => {
                "id name account_id actor_id title body status object_type object_id object_url object_story_id \
                 object_story_spec effective_object_story_id effective_instagram_media_id instagram_permalink_url \
                 instagram_user_id source_instagram_media_id image_hash image_url image_crops video_id thumbnail_url \
                 thumbnail_id asset_feed_spec call_to_action_type call_to_action link_url link_og_id url_tags template_url \
                 product_set_id degrees_of_freedom_spec platform_customizations"
            }
            Self::Video => {
                "id source length picture permalink_url status created_time updated_time title description thumbnails \
                 format published from embeddable icon views"
            }
            Self::Image => {
                "id hash url url_128 permalink_url width height original_width original_height name status account_id \
                 created_time updated_time creatives"
            }
            Self::Report => {
                "id account_id time_ref time_completed async_status async_percent_completion is_running date_start \
                 date_stop error_code error_subcode error_message error_user_title error_user_msg"
            }
            Self::Post => {
                "id message full_picture picture attachments created_time updated_time permalink_url from story status_type"
            }
        }
    }

    /// Checks that a node of this type has all these fields.
    ///
    /// # Errors
    /// Code 100, naming the first it does not have.
    pub(super) fn check(self, fields: &[Field]) -> Result<(), Refusal> {
        for field in fields {
            if !self
                .fields()
                .split_whitespace()
                .any(|known| known == field.name)
            {
                return Err(Refusal::field(&field.name, self.name()));
            }
            let inner = match field.name.as_str() {
                "creative" => Some(Self::Creative),
                "adset" => Some(Self::AdSet),
                "campaign" => Some(Self::Campaign),
                _ => None,
            };
            if let Some(inner) = inner {
                inner.check(&field.inner)?;
            }
        }
        Ok(())
    }
}
