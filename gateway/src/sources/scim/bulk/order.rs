//! In which order a bulk request's operations are done.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Operation;

/// Places of operations in the order in which they are done: as sent, but each after those it refers to. In a circle
/// there is no such order; there the one that was sent first begins.
pub(in super::super) fn order(operations: &[Operation]) -> Vec<usize> {
    let mut awaited: Vec<usize> = operations.iter().map(|operation| operation.refers_to.len()).collect();
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); operations.len()];
    for (place, operation) in operations.iter().enumerate() {
        for target in &operation.refers_to {
            followers[*target].push(place);
        }
    }
    let mut ready: BinaryHeap<Reverse<usize>> =
        (0..operations.len()).filter(|place| awaited[*place] == 0).map(Reverse).collect();
    let mut placed = vec![false; operations.len()];
    let mut order = Vec::with_capacity(operations.len());
    loop {
        let next = ready.pop().map(|Reverse(place)| place).or_else(|| begin_circle(operations, &placed));
        let Some(place) = next else { return order };
        if std::mem::replace(&mut placed[place], true) {
            continue;
        }
        order.push(place);
        for follower in &followers[place] {
            awaited[*follower] -= 1;
            if awaited[*follower] == 0 {
                ready.push(Reverse(*follower));
            }
        }
    }
}

/// When all that are left wait for each other: the first in the circle to which the first of them leads.
fn begin_circle(operations: &[Operation], placed: &[bool]) -> Option<usize> {
    let awaits = |place: usize| operations[place].refers_to.iter().copied().find(|target| !placed[*target]);
    let mut path = vec![placed.iter().position(|placed| !placed)?];
    loop {
        let next = awaits(*path.last()?)?;
        if let Some(start) = path.iter().position(|place| *place == next) {
            return path[start..].iter().copied().min();
        }
        path.push(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::scim::error::ScimError;
    use proptest::prelude::*;

    fn operations(refers_to: &[&[usize]]) -> Vec<Operation> {
        let one = |refers_to: &[usize]| Operation {
            method: String::new(),
            bulk_id: None,
            refers_to: refers_to.to_vec(),
            write: Err(ScimError::Method),
        };
        refers_to.iter().map(|refers_to| one(refers_to)).collect()
    }

    #[test]
    fn operations_keep_their_order_unless_they_must_wait() {
        assert_eq!(order(&operations(&[&[], &[0], &[]])), [0, 1, 2]);
        assert_eq!(order(&operations(&[&[2], &[], &[], &[]])), [1, 2, 0, 3]);
        assert_eq!(order(&operations(&[&[3], &[0], &[], &[]])), [2, 3, 0, 1]);
    }

    #[test]
    fn a_circle_is_begun_where_it_was_sent_first() {
        assert_eq!(order(&operations(&[&[1], &[0], &[]])), [2, 0, 1]);
        assert_eq!(order(&operations(&[&[1], &[2], &[1]])), [1, 0, 2]);
    }

    proptest! {
        #[test]
        fn each_is_done_once(refers_to in proptest::collection::vec(proptest::collection::btree_set(0_usize..12, 0..3), 12)) {
            let refers_to: Vec<Vec<usize>> = refers_to
                .into_iter()
                .enumerate()
                .map(|(place, set)| set.into_iter().filter(|target| *target != place).collect())
                .collect();
            let slices: Vec<&[usize]> = refers_to.iter().map(Vec::as_slice).collect();
            let mut order = order(&operations(&slices));
            order.sort_unstable();
            prop_assert_eq!(order, (0..12).collect::<Vec<_>>());
        }
    }
}
