//! Where the boxes of a graph stand: in layers from left to right, each one layer behind the last that feeds
//! it. Edges over several layers go through empty places in those between, so that they cross no box.

/// A place in a layer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Slot {
    /// A node.
    Node(usize),
    /// Where an edge passes.
    Edge(usize),
}

/// The layers of a graph.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Layout {
    /// From left to right, each from top to bottom.
    pub(super) layers: Vec<Vec<Slot>>,
}

/// Lays out nodes; edges lead from lower to higher ones.
pub(super) fn layout(nodes: usize, edges: &[(usize, usize)]) -> Layout {
    let mut layer = vec![0_usize; nodes];
    for node in 0..nodes {
        let before = edges.iter().filter(|(_, to)| *to == node);
        let behind = before.filter_map(|(from, _)| Some(layer.get(*from)? + 1)).max();
        if let (Some(own), Some(behind)) = (layer.get_mut(node), behind) {
            *own = behind;
        }
    }
    let last = layer.iter().max().map_or(0, |last| last + 1);
    let at = |node: usize| layer.get(node).copied().unwrap_or(0);
    let mut layers: Vec<Vec<Slot>> = vec![Vec::new(); last];
    for node in 0..nodes {
        if let Some(layer) = layers.get_mut(at(node)) {
            layer.push(Slot::Node(node));
        }
    }
    for (edge, (from, to)) in edges.iter().enumerate() {
        for between in at(*from) + 1..at(*to) {
            if let Some(layer) = layers.get_mut(between) {
                layer.push(Slot::Edge(edge));
            }
        }
    }
    let mut layout = Layout { layers };
    // Neighbours come near each other after a few turns.
    for turn in 0..8 {
        layout.sort(edges, turn % 2 == 0);
    }
    layout
}

impl Layout {
    /// Sorts each layer by where its neighbours stand in the one before it, or behind it.
    fn sort(&mut self, edges: &[(usize, usize)], forwards: bool) {
        let count = self.layers.len();
        let order: Vec<usize> =
            if forwards { (1..count).collect() } else { (0..count.saturating_sub(1)).rev().collect() };
        for index in order {
            let neighbour = if forwards { index - 1 } else { index + 1 };
            let Some(beside) = self.layers.get(neighbour).cloned() else { continue };
            let Some(layer) = self.layers.get_mut(index) else { continue };
            let middle = beside.len() as f64 / 2.0;
            let mut weighed: Vec<(f64, Slot)> = layer
                .iter()
                .enumerate()
                .map(|(own, slot)| {
                    let places: Vec<f64> = beside
                        .iter()
                        .enumerate()
                        .filter(|(_, other)| are_joined(*slot, **other, edges, forwards))
                        .map(|(place, _)| place as f64 - middle)
                        .collect();
                    let mean = places.iter().sum::<f64>() / places.len().max(1) as f64;
                    // What has no neighbours stays about where it is.
                    (if places.is_empty() { own as f64 - middle } else { mean }, *slot)
                })
                .collect();
            weighed.sort_by(|(a, _), (b, _)| a.total_cmp(b));
            *layer = weighed.into_iter().map(|(_, slot)| slot).collect();
        }
    }
}

/// Whether an edge leads from one place to another in the next layer.
fn are_joined(slot: Slot, beside: Slot, edges: &[(usize, usize)], forwards: bool) -> bool {
    let (from, to) = if forwards { (beside, slot) } else { (slot, beside) };
    match (from, to) {
        (Slot::Node(a), Slot::Node(b)) => edges.contains(&(a, b)),
        (Slot::Node(a), Slot::Edge(edge)) => edges.get(edge).is_some_and(|(from, _)| *from == a),
        (Slot::Edge(edge), Slot::Node(b)) => edges.get(edge).is_some_and(|(_, to)| *to == b),
        (Slot::Edge(a), Slot::Edge(b)) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::Slot::{Edge, Node};
    use super::layout;

    #[test]
    fn each_stands_behind_what_feeds_it_and_long_edges_have_places_between() {
        let found = layout(4, &[(0, 1), (1, 2), (0, 2), (2, 3)]);
        assert_eq!(found.layers.len(), 4);
        assert_eq!(found.layers.first(), Some(&vec![Node(0)]));
        let second = found.layers.get(1).cloned().unwrap_or_default();
        assert!(second.contains(&Node(1)) && second.contains(&Edge(2)) && second.len() == 2, "{second:?}");
        assert_eq!(found.layers.get(2), Some(&vec![Node(2)]));
    }

    #[test]
    fn crossings_go_where_they_can() {
        // 0 feeds 3 and 1 feeds 2: the second layer turns around.
        let found = layout(4, &[(0, 3), (1, 2)]);
        assert_eq!(found.layers, [vec![Node(0), Node(1)], vec![Node(3), Node(2)]]);
    }
}
