//! Writes a question to a name server and reads the head of its answer (RFC 1035). Nothing of an
//! answer but its head matters here. Pure.

/// A name of this many bytes does not exist.
const NAME_BYTES_MAX: usize = 253;
const LABEL_BYTES_MAX: usize = 63;
const HEAD_BYTES: usize = 12;
/// "This is a question, and please look it up for me."
const ASKS: [u8; 2] = [0x01, 0x00];
const IS_ANSWER: u8 = 0x80;
const TYPE_A: [u8; 2] = [0, 1];
const CLASS_IN: [u8; 2] = [0, 1];

/// A question for a name's address.
#[must_use]
pub fn question(id: u16, name: &str) -> Option<Vec<u8>> {
    let name = name.trim_end_matches('.');
    if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.is_ascii() {
        return None;
    }
    let mut packet = id.to_be_bytes().to_vec();
    packet.extend_from_slice(&ASKS);
    packet.extend_from_slice(&[0, 1, 0, 0, 0, 0, 0, 0]);
    for label in name.split('.') {
        let bytes = u8::try_from(label.len())
            .ok()
            .filter(|bytes| usize::from(*bytes) <= LABEL_BYTES_MAX)?;
        if bytes == 0 {
            return None;
        }
        packet.push(bytes);
        packet.extend_from_slice(label.as_bytes());
    }
    packet.push(0);
    packet.extend_from_slice(&TYPE_A);
    packet.extend_from_slice(&CLASS_IN);
    Some(packet)
}

/// What a packet says to a question: `Ok` when the name has an address, else why not in a word; none
/// when it answers another question.
#[must_use]
pub fn answer(question: &[u8], packet: &[u8]) -> Option<Result<(), &'static str>> {
    let head: &[u8; HEAD_BYTES] = packet.first_chunk()?;
    let asked = question.get(HEAD_BYTES..)?;
    let is_ours = head[..2] == question[..2] && head[2] & IS_ANSWER != 0;
    // A forger guesses the number alone; a true answer repeats the question, too.
    let repeats = packet.get(HEAD_BYTES..HEAD_BYTES + asked.len());
    if !is_ours || !repeats.is_some_and(|repeated| repeated.eq_ignore_ascii_case(asked)) {
        return None;
    }
    let answers = u16::from_be_bytes([head[6], head[7]]);
    Some(match head[3] & 0x0f {
        0 if answers > 0 => Ok(()),
        0 => Err("no_address"),
        1 => Err("not_understood"),
        2 => Err("server_failed"),
        3 => Err("no_such_name"),
        5 => Err("refused"),
        _ => Err("failed"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(question: &[u8], code: u8, answers: u8) -> Vec<u8> {
        let mut packet = question.to_vec();
        (packet[2], packet[3], packet[7]) = (0x81, 0x80 | code, answers);
        packet
    }

    #[test]
    fn asks_for_a_name() {
        let packet = question(0x0102, "a.example.").unwrap();
        let expected =
            b"\x01\x02\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x07example\x00\x00\x01\x00\x01";
        assert_eq!(packet, expected);
        let long = [
            "x".repeat(64),
            "a.".repeat(127) + "a",
            "a..b".to_owned(),
            String::new(),
            "ä.de".to_owned(),
        ];
        for name in long {
            assert_eq!(question(1, &name), None, "{name}");
        }
    }

    #[test]
    fn tells_a_good_answer_from_a_bad_one_and_from_that_of_another() {
        let asked = question(7, "example.org").unwrap();
        assert_eq!(answer(&asked, &answered(&asked, 0, 1)), Some(Ok(())));
        assert_eq!(answer(&asked, &answered(&asked, 0, 0)), Some(Err("no_address")));
        assert_eq!(answer(&asked, &answered(&asked, 3, 0)), Some(Err("no_such_name")));
        assert_eq!(answer(&asked, &answered(&asked, 5, 0)), Some(Err("refused")));
        assert_eq!(answer(&asked, &asked), None, "a question is no answer");
        assert_eq!(
            answer(&asked, &answered(&question(8, "example.org").unwrap(), 0, 1)),
            None
        );
        assert_eq!(
            answer(&asked, &answered(&question(7, "example.com").unwrap(), 0, 1)),
            None
        );
        let whole = answered(&asked, 0, 1);
        for length in 0..whole.len() {
            assert_eq!(answer(&asked, &whole[..length]), None, "{length}");
        }
    }
}
