//! What must hold for filters and PATCH paths whatever text comes: the checks that `gateway/fuzz` gives its bytes to,
//! and that the tests below replay on its corpus. Never part of the product.

use serde_json::{Value, json};

use super::client::Speaker;
use super::document::Document;
use super::filter::{self, Filter, naive};
use super::patch::{PatchOperation as Operation, PatchPath, Verb, apply};
use super::path::ExpressionError;
use super::schema::{ENTERPRISE_USER, USER};

/// A person with every kind of attribute that a filter can meet.
pub(super) fn ada() -> Document {
    let ada = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "Ab1", "externalId": "X-9",
        "userName": "Ada.Lovelace@Example.org", "active": true, "title": "Countess",
        "name": {"familyName": "O'Malley \"the\" ä", "givenName": "Ada"},
        "emails": [{"type": "work", "value": "ada@example.org", "primary": true}, {"type": "home", "value": "a@h.org"}],
        "meta": {"lastModified": "2026-05-13T04:42:34.000Z", "resourceType": "User"},
        "locker": {"row": 3, "size": 2.5}, "tags": ["red", "Blue"],
        (ENTERPRISE_USER.id): {"employeeNumber": "0701", "manager": {"value": "m-1", "displayName": "M"}},
    });
    match ada {
        Value::Object(ada) => ada,
        _ => unreachable!("it is written as an object just above"),
    }
}

/// A filter that can be read is written so that it reads the same, and holds for just those whom a look by the plainest
/// means finds.
///
/// # Panics
/// When that is not so.
pub fn check_filter(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    let Ok(filter) = filter::parse(text) else { return };
    assert_reads_the_same(&filter.to_string(), &filter, filter::parse);
    let ada = ada();
    let _ = filter::check(&filter, &USER);
    let held = filter::matches(&filter, &USER, &ada);
    assert_eq!(held, naive::holds(&filter, &ada), "{filter}");
    assert_ne!(held, filter::matches(&Filter::Not(Box::new(filter)), &USER, &ada));
}

/// A path that can be read is written so that it reads the same. Every operation at it ends, be it refused or done;
/// what was removed is gone, so that removing it again changes nothing.
///
/// # Panics
/// When that is not so.
pub fn check_path(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    let Ok(path) = PatchPath::parse(text) else { return };
    assert_reads_the_same(&path.to_string(), &path, PatchPath::parse);
    for verb in [Verb::Add, Verb::Replace, Verb::Remove] {
        for value in [json!("v"), json!({"value": "v", "primary": true}), json!(["v"]), json!(7), Value::Null]
        {
            check_operation(&Operation { verb, path: Some(path.clone()), value: Some(value) });
        }
    }
}

fn check_operation(operation: &Operation) {
    let mut once = ada();
    if apply(&USER, &mut once, operation.clone(), Speaker::default()).is_err() {
        return;
    }
    let mut twice = once.clone();
    if apply(&USER, &mut twice, operation.clone(), Speaker::default()).is_ok()
        && operation.verb == Verb::Remove
    {
        assert_eq!(once, twice, "{operation:?}");
    }
}

fn assert_reads_the_same<T: PartialEq + std::fmt::Debug>(
    written: &str,
    meant: &T,
    read: impl Fn(&str) -> Result<T, ExpressionError>,
) {
    match read(written) {
        Ok(read) => assert_eq!(&read, meant, "{written}"),
        // Brackets that were left out are written, so the text may be longer and deeper than the one it came from.
        Err(ExpressionError::Bound(_)) => {}
        Err(error) => panic!("{written}: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;

    /// The files of a target's corpus, in the order of their names.
    fn corpus(target: &str) -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
        let mut files: Vec<_> = folder.read_dir().unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        assert!(!files.is_empty(), "the corpus of {target} is gone");
        files.into_iter().map(|file| std::fs::read(file).unwrap()).collect()
    }

    /// A file of the corpus with pieces of others put in, taken out and written over.
    fn mutated(target: &str) -> impl Strategy<Value = Vec<u8>> + use<> {
        let corpus = corpus(target);
        let edits = proptest::collection::vec(any::<(Index, Index, Index, u8, u8)>(), 0..6);
        (any::<Index>(), edits).prop_map(move |(first, edits)| {
            let mut text = corpus[first.index(corpus.len())].clone();
            for (other, from, at, len, kind) in edits {
                let other = &corpus[other.index(corpus.len())];
                let from = from.index(other.len());
                let piece = &other[from..other.len().min(from + usize::from(len % 16))];
                let at = at.index(text.len() + 1);
                let end = if kind % 3 == 0 { at } else { text.len().min(at + usize::from(len % 16)) };
                let piece = if kind % 3 == 1 { &[] } else { piece };
                text.splice(at..end, piece.iter().copied());
            }
            text
        })
    }

    #[test]
    fn the_corpus_holds() {
        corpus("filter").iter().for_each(|text| check_filter(text));
        corpus("path").iter().for_each(|text| check_path(text));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn filters_made_of_the_corpus_hold(text in mutated("filter")) {
            check_filter(&text);
        }

        #[test]
        fn paths_made_of_the_corpus_hold(text in mutated("path")) {
            check_path(&text);
        }
    }
}
