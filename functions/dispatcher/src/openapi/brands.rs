//! What belongs to a brand: its ad accounts, and what is said of its ads.

use axum::http::StatusCode;
use shared::{
    clients::meta::LinkCheck,
    domain::BrandId,
    domain::classification::{Assessment, Awareness, CreativeFormat, Dimension, Verdict},
};

use super::operation::{Operation, Parameter, number, query, text};
use crate::{
    ad_accounts::{
        body::{CheckBody, LinkBody},
        read::Accounts,
        view::AccountView,
    },
    brands::{self, Brands},
    dataset_limits::{LimitBody, LimitView, Limits},
    reports,
};

pub(super) fn operations() -> Vec<Operation> {
    let mut operations = ad_accounts();
    operations.extend(reports());
    operations
}

fn ad_accounts() -> Vec<Operation> {
    vec![
        Operation::get("/api/brands", "Brands, and how fresh their data is")
            .takes([
                query::<BrandId>("after", "Behind this one, as `next_after` said"),
                number(
                    "limit",
                    (1, brands::LIMIT_MAX),
                    brands::LIMIT_DEFAULT,
                    "Brands in one answer",
                ),
            ])
            .answers::<Brands>(StatusCode::OK, "Brands, by name"),
        Operation::get(
            "/api/dataset-limits",
            "How old data may be before somebody should look",
        )
        .answers::<Limits>(StatusCode::OK, "Limits, by dataset"),
        Operation::new(
            "put",
            "/api/dataset-limits/{dataset}",
            "Says how old a dataset may be",
        )
        .body::<LimitBody>()
        .answers::<LimitView>(StatusCode::OK, "The limit"),
        Operation::delete(
            "/api/dataset-limits/{dataset}",
            "Says nothing of a dataset any more",
        )
        .ends(StatusCode::NO_CONTENT, "It may be as old as most"),
        Operation::get("/api/brands/{id}/ad-accounts", "A brand's ad accounts")
            .answers::<Accounts>(StatusCode::OK, "Accounts, the primary one first"),
        Operation::post(
            "/api/brands/{id}/ad-accounts",
            "Links an ad account, or renews its token",
        )
        .body::<LinkBody>()
        .answers::<AccountView>(StatusCode::CREATED, "The account, which is new")
        .answers::<AccountView>(StatusCode::OK, "The account, which was linked before"),
        Operation::post(
            "/api/brands/{id}/ad-accounts/check",
            "Whether an ad account could be linked",
        )
        .body::<CheckBody>()
        .answers::<LinkCheck>(StatusCode::OK, "What was found out"),
        Operation::delete(
            "/api/brands/{id}/ad-accounts/{account}",
            "Ends a link, and forgets its token",
        )
        .ends(StatusCode::NO_CONTENT, "It is gone"),
    ]
}

fn reports() -> Vec<Operation> {
    vec![
        Operation::get(
            "/api/brands/{id}/classifications",
            "A brand's classified ads, the costliest first",
        )
        .takes([
            days(),
            text("hook_type", "With this hook"),
            query::<CreativeFormat>("creative_format", "Of this format"),
            query::<Awareness>(
                "awareness_level",
                "Whose creative speaks to people who know so much",
            ),
            query::<Verdict>("congruence", "That fit so well"),
            query::<Dimension>("dimension", "With `assessment`: compared in this way"),
            query::<Assessment>("assessment", "With `dimension`: and found so"),
            text("after", "After this ad, as `next_after` said"),
            number(
                "limit",
                (1, reports::LIMIT_MAX),
                reports::LIMIT_DEFAULT,
                "Ads in one answer",
            ),
        ])
        .answers::<reports::Ads>(StatusCode::OK, "Ads"),
        Operation::get(
            "/api/brands/{id}/classifications/{ad}",
            "All that is said of an ad, beside what was looked at",
        )
        .takes([days()])
        .answers::<reports::Detail>(StatusCode::OK, "The ad"),
        Operation::get(
            "/api/brands/{id}/hook-types",
            "What ads with each hook cost and brought",
        )
        .takes([days()])
        .answers::<reports::HookTypes>(StatusCode::OK, "Hooks"),
        Operation::get(
            "/api/brands/{id}/congruence",
            "How well ads fit the people they speak to, and their pages",
        )
        .takes([days()])
        .answers::<reports::Fit>(StatusCode::OK, "Verdicts"),
    ]
}

fn days() -> Parameter {
    number(
        "days_back",
        (1, reports::DAYS_MAX),
        reports::DAYS_DEFAULT,
        "Days that are summed up, today included",
    )
}
