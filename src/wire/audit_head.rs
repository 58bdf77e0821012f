//! How far the server's audit log has come, as JSON: agents are told it, keep it, and remind the
//! server of it.

use atlas_actors::audit_log::AuditHead;
use serde::{Deserialize, Serialize};

/// How far the audit log has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct AuditHeadView {
    /// The newest record's number.
    pub seq: u64,
    /// Its hash, in hex.
    pub hash: String,
}

/// A head; nothing before the first record.
#[must_use]
pub fn head(head: &AuditHead) -> Option<AuditHeadView> {
    (head.seq > 0).then(|| AuditHeadView {
        seq: head.seq,
        hash: hex(&head.hash),
    })
}

/// A head that somebody kept; nothing when it is none.
#[must_use]
pub fn read_head(json: &str) -> Option<AuditHead> {
    serde_json::from_str(json).ok().and_then(|view| parsed(&view))
}

fn parsed(view: &AuditHeadView) -> Option<AuditHead> {
    let mut hash = [0; 32];
    if view.hash.len() != 64 || !view.hash.is_ascii() {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(view.hash.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(AuditHead { seq: view.seq, hash })
}

/// A head as one line of JSON, as it is kept and as a header carries it.
#[must_use]
pub fn head_text(kept: &AuditHead) -> String {
    serde_json::to_string(&head(kept)).unwrap_or_default()
}

/// The header in which an agent reminds its server of a head that it was shown.
pub const SEEN_HEADER: &str = "x-atlas-audit-seen";

/// The head in a report's receipt; nothing when it has none.
#[must_use]
pub fn told_in_receipt(receipt: &[u8]) -> Option<AuditHead> {
    #[derive(Deserialize)]
    struct Receipt {
        audit_head: Option<AuditHeadView>,
    }
    let receipt: Receipt = serde_json::from_slice(receipt).ok()?;
    receipt.audit_head.and_then(|view| parsed(&view))
}

/// Bytes in hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_comes_back_as_it_was_kept() {
        let kept = AuditHead {
            seq: 7,
            hash: [0xab; 32],
        };
        let json = serde_json::to_string(&head(&kept)).unwrap();
        assert_eq!(read_head(&json), Some(kept));
        assert_eq!(head(&AuditHead::default()), None);
        for bad in ["", "{}", r#"{"seq":1,"hash":"ab"}"#, r#"{"seq":-1,"hash":""}"#] {
            assert_eq!(read_head(bad), None, "{bad}");
        }
    }
}
