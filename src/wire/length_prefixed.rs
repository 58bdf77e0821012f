//! Bytes that are hashed, signed or authenticated: a label and then fields, each behind its length,
//! so that no two lists of fields give the same bytes. They are never parsed again.

/// The bytes so far. A length is 4 bytes, big-endian, as are all numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LengthPrefixed(Vec<u8>);

impl LengthPrefixed {
    /// Begins with a label, which says what the bytes are for; one purpose, one label.
    pub(super) fn new(label: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend_from_slice(label);
        Self(bytes)
    }

    /// Goes on where others left off.
    pub(super) fn resume(prefix: &[u8]) -> Self {
        Self::new(prefix)
    }

    /// Adds a field. Callers hold far less than 4 GiB; a longer one would be given a length of
    /// `u32::MAX`, which no other field can have.
    #[must_use]
    pub(super) fn field(mut self, bytes: &[u8]) -> Self {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(bytes);
        self
    }

    /// Adds a list: how many there are, and then each.
    #[must_use]
    pub(super) fn list<'a>(self, items: impl ExactSizeIterator<Item = &'a [u8]>) -> Self {
        let counted = self.field(&(items.len() as u64).to_be_bytes());
        items.fold(counted, Self::field)
    }

    /// The bytes.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_fields_apart() {
        let ab_c = LengthPrefixed::new(b"x").field(b"ab").field(b"c");
        let a_bc = LengthPrefixed::new(b"x").field(b"a").field(b"bc");
        assert_ne!(ab_c, a_bc);
        assert_eq!(ab_c.into_bytes(), b"x\0\0\0\x02ab\0\0\0\x01c");
    }

    #[test]
    fn keeps_lists_apart() {
        let one = [b"ab".as_slice()];
        let two = [b"a".as_slice(), b"b"];
        let none: [&[u8]; 0] = [];
        let begin = || LengthPrefixed::new(b"x");
        assert_ne!(begin().list(one.into_iter()), begin().list(two.into_iter()));
        assert_ne!(
            begin().list(one.into_iter()).list(none.into_iter()),
            begin().list(none.into_iter()).list(one.into_iter())
        );
    }
}
