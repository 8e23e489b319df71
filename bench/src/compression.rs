//! Brotli at its best, as the assets are compressed.

use std::io::Read;

use anyhow::Result;
use brotli::enc::BrotliEncoderParams;

/// The size in bytes after compression at quality 11.
pub fn size(mut input: impl Read) -> Result<usize> {
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut input, &mut compressed, &BrotliEncoderParams::default())?;
    Ok(compressed.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetition_compresses() {
        assert!(size("welcome ".repeat(100).as_bytes()).unwrap() < 50);
    }
}
