//! Every store by the rules of the contract, and the layer over a small application.

mod http;
mod stores;
