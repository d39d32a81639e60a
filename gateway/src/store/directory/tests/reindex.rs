//! A tree that an earlier program has written is given today's indexes.

use super::super::meta::{META_KEY, Meta};
use super::super::open::Folders;
use super::super::overlay::Overlay;
use super::super::rows::{self, kind};
use super::super::tree::Tree;
use super::*;

/// Leaves the tree as a program without versions of indexes would have: names by letter case alone, no card numbers.
fn age(dir: &Path) {
    let tree = Tree::open(&Folders::of(dir).sled).unwrap();
    let meta = Meta::decode(&tree.get(META_KEY).unwrap().unwrap()).unwrap();
    let mut overlay = Overlay::new(Meta { indexes: 0, ..meta });
    for kind in [kind::USER_NAME, kind::CARD_NUMBER] {
        for row in tree.range(vec![kind], vec![kind]) {
            overlay.set(&tree, row.unwrap().0.to_vec(), None).unwrap();
        }
    }
    for person in View::of_tree(&tree, meta, None).cardholders(None) {
        let person = person.unwrap();
        let prefix = rows::text_prefix(kind::USER_NAME, &person.user_name.to_lowercase());
        let key = [prefix.as_slice(), person.id.0.as_bytes()].concat();
        overlay.set(&tree, key, Some(Value::default())).unwrap();
    }
    overlay.apply(&tree).unwrap();
    tree.flush().unwrap();
}

#[tokio::test]
async fn an_older_tree_is_indexed_anew_and_not_called_damaged() {
    let dir = TempDir::new().unwrap();
    let ada = Cardholder { user_name: "cafe\u{301}".to_owned(), ..person(1, &[7]) };
    let (directory, _) = open(dir.path());
    commit(&directory, vec![put(ada), put(person(2, &[8]))]).await;
    let before = rows_of(&directory);
    directory.close();

    age(dir.path());
    let (directory, report) = open(dir.path());
    assert_eq!(report.rebuilt, None);
    assert_eq!(rows_of(&directory), before);
    let view = directory.read();
    assert_eq!(view.cardholder_by_user_name("CAF\u{C9}").unwrap().unwrap().id, person_id(1));
    assert_eq!(view.cardholders_by_card_number("8").count(), 1);
    directory.close();
    assert_eq!(open(dir.path()).1.rebuilt, None, "what was written anew checks");
}
