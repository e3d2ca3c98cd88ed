//! Which comment belongs to which node.
//!
//! A comment on the line of a node belongs to the last node of that line; any other comment to the
//! first node of the next line that has one. Nodes are what has a line: documents, map items and
//! array items. The copies that aliases make keep the lines of what they copy.

use std::sync::Arc;

use crate::yaml::node::{Comment, Document, Node, Notes};

/// Attaches `comments` to the nodes of a document, behind the comments `before` it. Returns those
/// below its last node, which belong to the next document.
pub(super) fn attach(document: &mut Document, before: Vec<Comment>, comments: Vec<Comment>) -> Vec<Comment> {
    let mut attached: Vec<(usize, Comment)> = Vec::new();
    let mut left_over = Vec::new();
    if !comments.is_empty() {
        let mut lines = Vec::new();
        if document.pos.is_known() {
            lines.push((document.pos.line, 0));
        }
        let mut count = 1;
        list(&document.value, &mut count, &mut lines);
        // Stable: nodes of one line stay in their order.
        lines.sort_by_key(|(line, _)| *line);
        for comment in comments {
            let line = comment.pos.line;
            let next = lines.partition_point(|(at, _)| *at < line);
            let behind = lines.partition_point(|(at, _)| *at <= line);
            let owner = if behind > next { lines.get(behind - 1) } else { lines.get(next) };
            match owner {
                Some((_, node)) => attached.push((*node, comment)),
                None => left_over.push(comment),
            }
        }
        attached.sort_by_key(|(node, _)| *node);
    }
    let mut attached = attached.into_iter().peekable();
    let mut own = before;
    while let Some((_, comment)) = attached.next_if(|(node, _)| *node == 0) {
        own.push(comment);
    }
    set(&mut document.notes, own);
    if attached.peek().is_some() {
        hang(&mut document.value, &mut 1, &mut attached);
    }
    left_over
}

fn set(notes: &mut Notes, comments: Vec<Comment>) {
    if !comments.is_empty() {
        notes.comments = Some(comments.into());
    }
}

/// Lists the lines of the items below a node with the items' numbers, top down.
fn list(node: &Node, count: &mut usize, lines: &mut Vec<(u32, usize)>) {
    match node {
        Node::Map(map) => {
            for item in &map.items {
                lines.push((item.pos.line, *count));
                *count += 1;
                list(&item.value, count, lines);
            }
        }
        Node::Array(array) => {
            for item in &array.items {
                lines.push((item.pos.line, *count));
                *count += 1;
                list(&item.value, count, lines);
            }
        }
        _ => {}
    }
}

type Attached = std::iter::Peekable<std::vec::IntoIter<(usize, Comment)>>;

/// Gives the items below a node their comments, which are sorted by the items' numbers.
fn hang(node: &mut Node, count: &mut usize, attached: &mut Attached) {
    match node {
        Node::Map(map) => {
            for item in &mut Arc::make_mut(map).items {
                hang_item(&mut item.notes, &mut item.value, count, attached);
            }
        }
        Node::Array(array) => {
            for item in &mut Arc::make_mut(array).items {
                hang_item(&mut item.notes, &mut item.value, count, attached);
            }
        }
        _ => {}
    }
}

fn hang_item(notes: &mut Notes, value: &mut Node, count: &mut usize, attached: &mut Attached) {
    let number = *count;
    *count += 1;
    let mut own = Vec::new();
    while let Some((_, comment)) = attached.next_if(|(node, _)| *node == number) {
        own.push(comment);
    }
    set(notes, own);
    hang(value, count, attached);
}
