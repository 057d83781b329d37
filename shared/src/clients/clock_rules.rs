//! EventBridge rules: the cloud clock.
