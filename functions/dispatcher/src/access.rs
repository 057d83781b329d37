//! Which role each address asks for, and to whom the row belongs that it names.
//!
//! What is not listed here is not served, so an address that is forgotten is open to nobody.

use axum::{
    RequestExt,
    extract::{MatchedPath, RawPathParams, Request},
    http::{HeaderValue, Method, StatusCode, header},
};
use shared::{
    domain::{Role, TokenScope},
    store::owners::{self, Subject},
};
use uuid::Uuid;

use crate::{State, auth::Caller, console, problem::Problem, routes};

/// An address that asks who calls, and the least role it asks for.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// As in `GET`, which stands for `HEAD` too. `*`: every method.
    pub method: &'static str,
    /// As the router has it.
    pub path: &'static str,
    /// Who may do less may not call it.
    pub least: Role,
}

const fn route(method: &'static str, path: &'static str, least: Role) -> Route {
    Route {
        method,
        path,
        least,
    }
}

const fn viewer(method: &'static str, path: &'static str) -> Route {
    route(method, path, Role::Viewer)
}

const fn operator(method: &'static str, path: &'static str) -> Route {
    route(method, path, Role::Operator)
}

const fn admin(method: &'static str, path: &'static str) -> Route {
    route(method, path, Role::Admin)
}

/// Addresses that ask for a signature in place of a token, with their methods.
pub const SIGNED: &[(&str, &str)] = &[("POST", "/api/webhooks/scheduled-jobs")];

/// Every address that asks who calls.
pub const ROUTES: &[Route] = &[
    viewer("GET", "/api/openapi.json"),
    viewer("GET", "/api/job-types"),
    viewer("GET", "/api/jobs"),
    operator("POST", "/api/jobs"),
    operator("POST", "/api/jobs/bulk"),
    viewer("GET", "/api/jobs/{id}"),
    operator("PATCH", "/api/jobs/{id}"),
    viewer("POST", "/api/jobs/{id}/preview"),
    viewer("GET", "/api/jobs/{id}/changes"),
    operator("POST", "/api/jobs/{id}/skip-next"),
    operator("POST", "/api/jobs/{id}/run"),
    operator("POST", "/api/jobs/{id}/pause"),
    operator("POST", "/api/jobs/{id}/resume"),
    operator("POST", "/api/jobs/{id}/archive"),
    viewer("GET", "/api/runs"),
    operator("POST", "/api/runs"),
    operator("POST", "/api/queue-one-time-job"),
    operator("POST", "/api/ensure-recurring-job"),
    viewer("GET", "/api/runs/{id}"),
    viewer("GET", "/api/runs/{id}/chain"),
    viewer("GET", "/api/runs/{id}/logs"),
    operator("POST", "/api/runs/{id}/cancel"),
    operator("POST", "/api/runs/{id}/acknowledge"),
    operator("POST", "/api/runs/{id}/unacknowledge"),
    operator("POST", "/api/runs/{id}/retry"),
    viewer("GET", "/api/accounted"),
    viewer("POST", "/api/schedules/preview"),
    viewer("GET", "/api/brands"),
    viewer("GET", "/api/brands/{id}/ad-accounts"),
    admin("POST", "/api/brands/{id}/ad-accounts"),
    admin("POST", "/api/brands/{id}/ad-accounts/check"),
    admin("DELETE", "/api/brands/{id}/ad-accounts/{account}"),
    viewer("GET", "/api/brands/{id}/classifications"),
    viewer("GET", "/api/brands/{id}/classifications/{ad}"),
    viewer("GET", "/api/brands/{id}/hook-types"),
    viewer("GET", "/api/brands/{id}/congruence"),
    viewer("GET", "/api/dataset-limits"),
    admin("PUT", "/api/dataset-limits/{dataset}"),
    admin("DELETE", "/api/dataset-limits/{dataset}"),
    viewer("GET", "/api/dead-letters"),
    operator("POST", "/api/dead-letters/retry"),
    operator("POST", "/api/dead-letters/retry/preview"),
    viewer("GET", "/api/retry-batches"),
    viewer("GET", "/api/retry-batches/{id}"),
    operator("POST", "/api/retry-batches/{id}/cancel"),
    viewer("GET", "/api/calendar"),
    viewer("GET", "/api/notifications"),
    viewer("POST", "/api/notifications/read"),
    viewer("GET", "/api/notification-channels"),
    admin("PUT", "/api/notification-channels/{channel}"),
    admin("POST", "/api/notification-channels/{channel}/test"),
    admin("GET", "/api/organizations"),
    admin("POST", "/api/organizations"),
    admin("GET", "/api/organizations/{id}"),
    admin("PATCH", "/api/organizations/{id}"),
    admin("GET", "/api/members"),
    admin("GET", "/api/tokens"),
    admin("POST", "/api/tokens"),
    admin("GET", "/api/tokens/{id}"),
    admin("DELETE", "/api/tokens/{id}"),
    admin("POST", "/api/tokens/{id}/rotate"),
    viewer("GET", "/console"),
    viewer("*", "/console/"),
    viewer("*", "/console/{*rest}"),
    viewer("POST", "/console/sign-out"),
    viewer("GET", "/console/live"),
    viewer("GET", "/console/freshness"),
    admin("POST", "/console/freshness/limits"),
    viewer("GET", "/console/calendar"),
    viewer("GET", "/console/strip"),
    viewer("GET", "/console/ads"),
    viewer("GET", "/console/brands/{id}/ads/{ad}"),
    viewer("GET", "/console/notifications"),
    viewer("POST", "/console/notifications/read"),
    viewer("GET", "/console/notifications/channels"),
    admin("POST", "/console/notifications/channels/{channel}"),
    admin("POST", "/console/notifications/channels/{channel}/test"),
    viewer("GET", "/console/jobs"),
    operator("POST", "/console/jobs/bulk"),
    operator("GET", "/console/jobs/new"),
    operator("POST", "/console/jobs/new"),
    viewer("GET", "/console/jobs/{id}"),
    operator("GET", "/console/jobs/{id}/edit"),
    operator("POST", "/console/jobs/{id}/edit"),
    operator("GET", "/console/jobs/{id}/run"),
    operator("POST", "/console/jobs/{id}/run"),
    operator("POST", "/console/jobs/{id}/pause"),
    operator("POST", "/console/jobs/{id}/resume"),
    operator("POST", "/console/jobs/{id}/archive"),
    operator("POST", "/console/jobs/{id}/skip-next"),
    viewer("GET", "/console/runs"),
    operator("GET", "/console/runs/new"),
    operator("POST", "/console/runs/new"),
    viewer("GET", "/console/runs/{id}"),
    viewer("GET", "/console/runs/{id}/live"),
    viewer("GET", "/console/runs/{id}/log"),
    operator("POST", "/console/runs/{id}/cancel"),
    operator("GET", "/console/runs/{id}/retry"),
    operator("POST", "/console/runs/{id}/retry"),
    operator("POST", "/console/runs/{id}/acknowledge"),
    viewer("GET", "/console/dead-letters"),
    operator("POST", "/console/dead-letters/{cause}"),
    operator("POST", "/console/dead-letters/unacknowledge"),
    viewer("GET", "/console/retry-batches/{id}"),
    viewer("GET", "/console/retry-batches/{id}/live"),
    operator("POST", "/console/retry-batches/{id}/cancel"),
    admin("GET", "/console/organizations"),
    admin("POST", "/console/organizations"),
    admin("POST", "/console/organizations/{id}/rename"),
    admin("GET", "/console/members"),
    admin("GET", "/console/tokens"),
    admin("POST", "/console/tokens"),
    admin("POST", "/console/tokens/{id}/revoke"),
    admin("POST", "/console/tokens/{id}/rotate"),
];

impl Route {
    fn answers(&self, method: &Method) -> bool {
        let method = match *method {
            Method::HEAD => "GET",
            ref other => other.as_str(),
        };
        self.method == "*" || self.method == method
    }

    /// To which part of the API it belongs; `None`: it is the console's. What describes the API belongs to each part, and
    /// is of none.
    #[must_use]
    pub fn scope(&self) -> Option<TokenScope> {
        let path = self.path.strip_prefix("/api/")?;
        Some(match path.split('/').next()? {
            "jobs" if path.ends_with("/run") => TokenScope::Runs,
            "jobs" | "ensure-recurring-job" | "schedules" | "calendar" => TokenScope::Jobs,
            "runs" | "queue-one-time-job" | "dead-letters" | "retry-batches" | "accounted" => {
                TokenScope::Runs
            }
            "brands" | "dataset-limits" => TokenScope::Brands,
            "notifications" | "notification-channels" => TokenScope::Notifications,
            "organizations" | "members" | "tokens" => TokenScope::Access,
            _ => return None,
        })
    }

    fn describes(&self) -> bool {
        matches!(self.path, "/api/openapi.json" | "/api/job-types")
    }

    /// Of which table the `{id}` of the address is; what else stands in braces is looked for below it. Tokens and
    /// organisations look themselves whose they are.
    fn subject(&self) -> Option<Subject> {
        let (before, _) = self.path.split_once("/{id}")?;
        match before.rsplit('/').next()? {
            "jobs" => Some(Subject::Job),
            "runs" => Some(Subject::Run),
            "retry-batches" => Some(Subject::Batch),
            "brands" => Some(Subject::Brand),
            _ => None,
        }
    }
}

/// Whether `caller` may make this request. An address that the router does not know goes on to its fallback.
///
/// # Errors
/// 403 with the role that it takes; 404 for a row of others; 405; when the database does not answer.
pub(crate) async fn permit(
    state: &State,
    caller: &Caller,
    request: &mut Request,
) -> Result<(), Problem> {
    let Some(path) = request.extensions().get::<MatchedPath>().cloned() else {
        return Ok(());
    };
    let route = find(path.as_str(), request.method())?;
    if caller.role < route.least {
        return Err(too_little(route.least, caller));
    }
    if !route.describes() && !caller.reaches(route.scope()) {
        return Err(out_of_scope(route.scope(), caller));
    }
    let (Some(organization), Some(subject)) = (caller.organization(), route.subject()) else {
        return Ok(());
    };
    let params = request.extract_parts::<RawPathParams>().await;
    let params = params.map_err(|_| Problem::address("id", "must be a UUID"))?;
    let id = params.iter().find(|(name, _)| *name == "id");
    let id: Option<Uuid> = id.and_then(|(_, id)| id.parse().ok());
    let id = id.ok_or_else(|| Problem::address("id", "must be a UUID"))?;
    let mut tx = state.db.within(caller.scope).begin().await?;
    let owns = owners::owns(&mut tx, organization, subject, id).await?;
    tx.commit().await?;
    let what = match subject {
        Subject::Job => "job",
        Subject::Run => "run",
        Subject::Batch => "batch",
        Subject::Brand => "brand",
    };
    owns.then_some(()).ok_or_else(|| Problem::missing(what))
}

fn find(path: &str, method: &Method) -> Result<&'static Route, Problem> {
    let of_path = || ROUTES.iter().filter(|route| route.path == path);
    if let Some(route) = of_path().find(|route| route.answers(method)) {
        return Ok(route);
    }
    if of_path().next().is_none() {
        tracing::error!(http.route = path, "an address asks for no role");
        return Err(routes::unknown_address());
    }
    let problem = if path.starts_with("/console") {
        console::wrong_method()
    } else {
        routes::wrong_method()
    };
    let methods = of_path().map(|route| match route.method {
        "GET" => "GET,HEAD",
        method => method,
    });
    let methods: Vec<_> = methods.collect();
    let allow = HeaderValue::from_str(&methods.join(","));
    Err(match allow {
        Ok(allow) => problem.with_header(header::ALLOW, allow),
        Err(_) => problem,
    })
}

/// 403 for a caller whose token does not reach `scope`.
pub(crate) fn out_of_scope(scope: Option<TokenScope>, caller: &Caller) -> Problem {
    let scopes = caller.token_scopes.iter().flat_map(|scopes| scopes.iter());
    let scopes: Vec<_> = scopes.map(|scope| format!("`{scope}`")).collect();
    let (name, has) = (&caller.name, scopes.join(", "));
    let detail = match scope {
        Some(scope) => format!("this takes the scope `{scope}`; {name} has {has}"),
        None => format!("the console takes a token without scopes; {name} has {has}"),
    };
    Problem::new(StatusCode::FORBIDDEN, "out-of-scope", detail)
}

fn too_little(least: Role, caller: &Caller) -> Problem {
    let Caller { name, role, .. } = caller;
    let detail = format!("this takes the role `{least}`; {name} has the role `{role}`");
    Problem::new(StatusCode::FORBIDDEN, "forbidden", detail)
}
