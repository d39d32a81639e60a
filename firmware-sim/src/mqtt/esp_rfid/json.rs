//! How much of the board's memory a parsed message takes.
//!
//! Its JSON library keeps a parsed document in a pool of fixed size: a slot for each member or element, and each
//! different text once with a zero at its end. A document that needs more is an error, and the firmware says nothing of it.

use std::collections::BTreeSet;

use serde_json::Value;

/// Bytes of a slot on a 32 bit chip.
const SLOT: usize = 16;

/// A document that needs at most `pool` bytes.
pub(super) fn parse(text: &[u8], pool: usize) -> Option<Value> {
    let value = serde_json::from_slice(text).ok()?;
    let mut texts = BTreeSet::new();
    let slots = slots(&value, &mut texts);
    let needed = slots * SLOT + texts.iter().map(|text| text.len() + 1).sum::<usize>();
    (needed <= pool).then_some(value)
}

fn slots<'a>(value: &'a Value, texts: &mut BTreeSet<&'a str>) -> usize {
    match value {
        Value::String(text) => {
            texts.insert(text);
            0
        }
        Value::Array(items) => items.iter().map(|item| 1 + slots(item, texts)).sum(),
        Value::Object(members) => members
            .iter()
            .map(|(key, item)| {
                texts.insert(key);
                1 + slots(item, texts)
            })
            .sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

/// A number as its library gives it for 32 bits: from a number or from digits, 0 for all else and for what is too large.
pub(super) fn number(value: &Value) -> u32 {
    let whole = |value: f64| if (0.0..=f64::from(u32::MAX)).contains(&value) { value as u32 } else { 0 };
    match value {
        Value::Number(number) => number.as_f64().map_or(0, whole),
        Value::String(digits) => digits.trim().parse().map_or(0, whole),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_pool_holds_slots_and_each_text_once() {
        let text = br#"{"cmd":"ab","cmd2":"ab"}"#;
        let needed = 2 * SLOT + "cmd".len() + "cmd2".len() + "ab".len() + 3;
        assert!(parse(text, needed).is_some() && parse(text, needed - 1).is_none());
        assert_eq!(parse(b"{", 2_048), None);
    }

    #[test]
    fn numbers_come_from_digits_too_and_what_is_too_large_is_nothing() {
        let all =
            [json!(7), json!("7"), json!(7.0), json!(4_294_967_296_u64), json!("x"), json!(-1), json!(null)];
        assert_eq!(all.each_ref().map(number), [7, 7, 7, 0, 0, 0, 0]);
    }
}
