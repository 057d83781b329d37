//! The cloud on one machine, from outside: real SDKs and real runtimes against it.

#[cfg(test)]
mod buses;
#[cfg(test)]
mod endings;
#[cfg(test)]
mod entries;
#[cfg(test)]
mod firing;
#[cfg(test)]
mod function;
#[cfg(test)]
mod hosting;
#[cfg(test)]
mod invoke_api;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod scheduler;
#[cfg(test)]
mod targets;
#[cfg(test)]
mod url;
#[cfg(test)]
mod world;
