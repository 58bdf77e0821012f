//! The name in the block of bytes that a display says of itself (EDID 1.3 and 1.4).

use super::super::kernel_file::clean;

const HEAD: [u8; 8] = [0, 255, 255, 255, 255, 255, 255, 0];
/// Where the four descriptors begin, and how long each is.
const DESCRIPTORS: [usize; 4] = [54, 72, 90, 108];
const DESCRIPTOR_BYTES: usize = 18;
/// The kind of descriptor that is the display's name.
const NAME: [u8; 5] = [0, 0, 0, 0xFC, 0];

/// The display's name; where it has none, its maker's three letters and the product's number.
pub(super) fn name(edid: &[u8]) -> Option<String> {
    if edid.get(..8)? != HEAD {
        return None;
    }
    let descriptors = DESCRIPTORS
        .iter()
        .filter_map(|at| edid.get(*at..at + DESCRIPTOR_BYTES));
    let mut named = descriptors.filter_map(|descriptor| descriptor.strip_prefix(&NAME));
    let name = named.next().and_then(|text| {
        let text = text.split(|byte| *byte == b'\n').next()?;
        clean(&String::from_utf8_lossy(text))
    });
    name.or_else(|| model(edid))
}

/// Three letters of five bits each, A = 1, then the product's number.
fn model(edid: &[u8]) -> Option<String> {
    let bytes = edid.get(8..12)?;
    let letters = u16::from_be_bytes([*bytes.first()?, *bytes.get(1)?]);
    let product = u16::from_le_bytes([*bytes.get(2)?, *bytes.get(3)?]);
    let letter = |shift: u16| {
        let value = u8::try_from((letters >> shift) & 31).ok()?;
        (1..=26).contains(&value).then(|| char::from(b'A' + value - 1))
    };
    Some(format!(
        "{}{}{} {product:04x}",
        letter(10)?,
        letter(5)?,
        letter(0)?
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edid() -> Vec<u8> {
        let mut edid = vec![0; 128];
        edid[..8].copy_from_slice(&HEAD);
        // DEL: 4, 5, 12.
        edid[8..12].copy_from_slice(&[0x10, 0xAC, 0x77, 0xA0]);
        edid
    }

    #[test]
    fn reads_the_name_or_the_maker() {
        let mut named = edid();
        named[90..95].copy_from_slice(&NAME);
        named[95..108].copy_from_slice(b"DELL U2720Q\n ");
        assert_eq!(name(&named).as_deref(), Some("DELL U2720Q"));
        assert_eq!(name(&edid()).as_deref(), Some("DEL a077"));
    }

    #[test]
    fn takes_whatever_comes() {
        for odd in [&[][..], &[0; 128], &[255; 7], &edid()[..9], &HEAD] {
            assert_eq!(name(odd), None);
        }
    }
}
