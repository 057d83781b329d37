//! EventBridge without the rest of the stack.

use std::path::PathBuf;

use sundial_local::{
    clock::Clock,
    events::{EventBridge, EventBridgeOptions},
    lambda::{FunctionSpec, Host, HostOptions},
    stack::{ACCOUNT, BUS, REGION},
};

/// A host of `functions`, and a clock and bus beside it that nobody fires.
pub(crate) async fn open(
    functions: Vec<FunctionSpec>,
    log_dir: Option<PathBuf>,
) -> anyhow::Result<(Host, EventBridge)> {
    let options = HostOptions {
        region: REGION.to_owned(),
        account: ACCOUNT.to_owned(),
        log_dir,
        clock: Clock::system(),
    };
    let host = Host::start(functions, options).await?;
    let options = EventBridgeOptions {
        region: REGION.to_owned(),
        account: ACCOUNT.to_owned(),
        buses: vec![BUS.to_owned()],
        data_dir: None,
        clock: Clock::system(),
    };
    let bridge = EventBridge::new(options, host.clone())?;
    Ok((host, bridge))
}
