//! Operations of a bulk request that refer to each other's new resources in a circle.

use std::collections::BTreeMap;

/// The places of all in each circle, by the place of the one that is done first.
///
/// `refers_to`: for each operation, the places of those whose new resources it refers to. `order`: in which they are done.
pub(in super::super) fn circles(refers_to: &[&[usize]], order: &[usize]) -> BTreeMap<usize, Vec<usize>> {
    let count = refers_to.len();
    let mut turn = vec![0; count];
    for (at, place) in order.iter().enumerate() {
        turn[*place] = at;
    }
    let mut referred_by = vec![Vec::new(); count];
    for (place, targets) in refers_to.iter().enumerate() {
        targets.iter().for_each(|target| referred_by[*target].push(place));
    }
    let (mut circles, mut known) = (BTreeMap::new(), vec![false; count]);
    for place in order {
        // Nobody else waits for less than those to whom it refers, but the first of a circle.
        let waits = refers_to[*place].iter().all(|target| turn[*target] < turn[*place]);
        if waits || known[*place] {
            continue;
        }
        let after = reached(*place, count, |at| refers_to[at]);
        let before = reached(*place, count, |at| referred_by[at].as_slice());
        let circle: Vec<usize> = (0..count).filter(|at| after[*at] && before[*at]).collect();
        circle.iter().for_each(|member| known[*member] = true);
        circles.insert(*place, circle);
    }
    circles
}

/// Whom one gets to on these ways, oneself included.
fn reached<'a>(from: usize, count: usize, ways: impl Fn(usize) -> &'a [usize]) -> Vec<bool> {
    let mut reached = vec![false; count];
    let mut next = vec![from];
    while let Some(at) = next.pop() {
        if !std::mem::replace(&mut reached[at], true) {
            next.extend(ways(at));
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::super::order::order;
    use super::*;

    fn found(refers_to: &[&[usize]]) -> Vec<(usize, Vec<usize>)> {
        circles(refers_to, &order(refers_to)).into_iter().collect()
    }

    #[test]
    fn only_who_comes_back_to_itself_is_in_a_circle() {
        assert!(found(&[&[], &[0], &[3], &[]]).is_empty());
        assert_eq!(found(&[&[1], &[0], &[0]]), [(0, vec![0, 1])]);
        assert_eq!(found(&[&[], &[2], &[3], &[1]]), [(1, vec![1, 2, 3])]);
        assert_eq!(found(&[&[1], &[0, 2], &[3], &[2]]), [(0, vec![0, 1]), (2, vec![2, 3])]);
    }
}
