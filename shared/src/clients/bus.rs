//! PutEvents on our event bus.
