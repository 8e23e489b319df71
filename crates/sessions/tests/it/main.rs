//! Every store by the rules of the contract, and the layer over a small application.

mod cache;
mod http;
mod stores;
