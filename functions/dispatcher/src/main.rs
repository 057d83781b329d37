//! Entry point: environment in, clients open, requests served. The work is in `lib.rs`.

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let state = dispatcher::State::from_process().await?;
    let db = state.db.clone();
    let serving = dispatcher::serve(dispatcher::router(state));
    shared::runtime::until_refused(&db, serving).await
}
