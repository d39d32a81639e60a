//! Which nodes of a graph can be reached from themselves.

use std::collections::{BTreeMap, BTreeSet};

/// The circles among edges: sets of nodes each of which leads to each other, the largest first.
pub fn circles<N: Ord + Clone>(edges: impl IntoIterator<Item = (N, N)>) -> Vec<BTreeSet<N>> {
    let mut graph: BTreeMap<N, BTreeSet<N>> = BTreeMap::new();
    for (from, to) in edges {
        graph.entry(to.clone()).or_default();
        graph.entry(from).or_default().insert(to);
    }
    let reach: BTreeMap<&N, BTreeSet<&N>> = graph.keys().map(|node| (node, reached(&graph, node))).collect();
    let mut found: Vec<BTreeSet<N>> = Vec::new();
    for (node, there) in &reach {
        if found.iter().any(|circle| circle.contains(*node)) {
            continue;
        }
        let circle =
            there.iter().filter(|other| reach[**other].contains(*node)).map(|other| (*other).clone());
        let circle: BTreeSet<N> = circle.collect();
        if circle.len() > 1 {
            found.push(circle);
        }
    }
    found.sort_by_key(|circle| std::cmp::Reverse(circle.len()));
    found
}

fn reached<'g, N: Ord>(graph: &'g BTreeMap<N, BTreeSet<N>>, from: &'g N) -> BTreeSet<&'g N> {
    let mut seen = BTreeSet::new();
    let mut waiting: Vec<&N> = graph[from].iter().collect();
    while let Some(node) = waiting.pop() {
        if seen.insert(node) {
            waiting.extend(&graph[node]);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::circles;

    #[test]
    fn only_nodes_that_lead_to_each_other_are_a_circle() {
        let edges = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "e"), ("e", "d"), ("f", "a")];
        let found: Vec<Vec<&str>> =
            circles(edges).into_iter().map(|circle| circle.into_iter().collect()).collect();
        assert_eq!(found, [vec!["a", "b", "c"], vec!["d", "e"]]);
    }
}
