//! In which order a bulk request's operations are done.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Places of operations in the order in which they are done: as sent, but each after those it refers to. In a circle
/// there is no such order; there the one that was sent first begins.
///
/// `refers_to`: for each operation, the places of those whose new resources it refers to.
pub(in super::super) fn order(refers_to: &[&[usize]]) -> Vec<usize> {
    let mut awaited: Vec<usize> = refers_to.iter().map(|targets| targets.len()).collect();
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); refers_to.len()];
    for (place, targets) in refers_to.iter().enumerate() {
        for target in *targets {
            followers[*target].push(place);
        }
    }
    let mut ready: BinaryHeap<Reverse<usize>> =
        (0..refers_to.len()).filter(|place| awaited[*place] == 0).map(Reverse).collect();
    let mut placed = vec![false; refers_to.len()];
    let mut order = Vec::with_capacity(refers_to.len());
    loop {
        let next = ready.pop().map(|Reverse(place)| place).or_else(|| begin_circle(refers_to, &placed));
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
fn begin_circle(refers_to: &[&[usize]], placed: &[bool]) -> Option<usize> {
    let awaits = |place: usize| refers_to[place].iter().copied().find(|target| !placed[*target]);
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
    use proptest::prelude::*;

    #[test]
    fn operations_keep_their_order_unless_they_must_wait() {
        assert_eq!(order(&[&[], &[0], &[]]), [0, 1, 2]);
        assert_eq!(order(&[&[2], &[], &[], &[]]), [1, 2, 0, 3]);
        assert_eq!(order(&[&[3], &[0], &[], &[]]), [2, 3, 0, 1]);
    }

    #[test]
    fn a_circle_is_begun_where_it_was_sent_first() {
        assert_eq!(order(&[&[1], &[0], &[]]), [2, 0, 1]);
        assert_eq!(order(&[&[1], &[2], &[1]]), [1, 0, 2]);
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
            let mut order = order(&slices);
            order.sort_unstable();
            prop_assert_eq!(order, (0..12).collect::<Vec<_>>());
        }
    }
}
