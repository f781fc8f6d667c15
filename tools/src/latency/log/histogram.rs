//! One histogram of a log, from either of the two encodings of format v2.

use std::io::Read;

use flate2::read::ZlibDecoder;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;

/// Far more than any histogram takes.
const HISTOGRAM_BYTES_MAX: u64 = 64 << 20;

/// Reads a histogram; an error says what is wrong with it.
pub fn decode(bytes: &[u8], with: &mut Deserializer) -> Result<Histogram<u64>, String> {
    // What was compressed is unpacked here, because the library reserves whatever length the
    // packed data claims to have.
    const COMPRESSED: [u8; 4] = 0x1c84_9314_u32.to_be_bytes();
    let mut plain = Vec::new();
    match bytes.strip_prefix(&COMPRESSED) {
        Some(rest) => {
            let packed = rest.get(4..).unwrap_or_default();
            let unpacked = ZlibDecoder::new(packed).take(HISTOGRAM_BYTES_MAX);
            { unpacked }.read_to_end(&mut plain).map_err(|error| error.to_string())?;
        }
        None => plain.extend_from_slice(bytes),
    }
    check_plain(&plain)?;
    mend_javascript(&mut plain);
    with.deserialize(&mut plain.as_slice()).map_err(|error| error.to_string())
}

/// Header of an uncompressed histogram: cookie, length of the counts, offset, digits, range, ratio.
const HEADER_BYTES: usize = 40;

/// hdr-histogram-js writes 1 as the offset, and the ratio 1 as a whole number; it means 0 and 1.0.
fn mend_javascript(plain: &mut [u8]) {
    let (offset, ratio) = (8..12, 32..HEADER_BYTES);
    if plain[offset.clone()] == 1_u32.to_be_bytes() && plain[ratio.clone()] == 1_u64.to_be_bytes() {
        plain[offset].copy_from_slice(&0_u32.to_be_bytes());
        plain[ratio].copy_from_slice(&1.0_f64.to_be_bytes());
    }
}

/// Refuses what the library would answer with a huge reservation or an overflow.
fn check_plain(plain: &[u8]) -> Result<(), String> {
    let Some((header, counts)) = plain.split_at_checked(HEADER_BYTES) else {
        return Err(format!("{} bytes, fewer than its header has", plain.len()));
    };
    let claimed = u32::from_be_bytes([header[4], header[5], header[6], header[7]]) as usize;
    if claimed > counts.len() {
        return Err(format!("{claimed} bytes of counts announced, {} there", counts.len()));
    }
    // The count -2^63, all ones as a variable-length number, has no positive counterpart.
    let mut rest = &counts[..claimed];
    while !rest.is_empty() {
        let last = rest.iter().take(8).position(|byte| byte & 0x80 == 0).unwrap_or(8);
        let (number, after) = rest.split_at((last + 1).min(rest.len()));
        if number == [0xff; 9] {
            return Err("a run of 2^63 zeros".to_owned());
        }
        rest = after;
    }
    Ok(())
}
