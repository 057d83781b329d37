//! Entry point: environment in, clients open, requests served. The work is in `lib.rs`.

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let state = dispatcher::State::from_process().await?;
    dispatcher::serve(dispatcher::router(state)).await
}
