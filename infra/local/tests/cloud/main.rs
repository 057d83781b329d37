//! The cloud on one machine, from outside: real SDKs and real runtimes against it.

mod buses;
mod firing;
mod function;
mod hosting;
mod invoke_api;
mod limits;
mod rules;
mod url;
mod world;
