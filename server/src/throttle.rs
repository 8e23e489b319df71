//! Where attempts are counted.

mod memory;

pub use memory::MemoryThrottle;
