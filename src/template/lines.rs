//! Dialect text: the lines a template is turned into, each with the line it stands for.

use super::nodes::{Nodes, Tag};
use crate::error::Frame;
use crate::yaml::{FileTable, Pos, Text};

/// An instruction of dialect text. The reference counts templates in the names; its tests and ours
/// blank the number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Instruction {
    SetCtxType,
    StartCtx,
    EndCtx,
    StartNodeAnnotation,
    CollectNodeAnnotation,
    StartNode,
    SetNode,
    SetMapItemKey,
}

impl Instruction {
    /// Each with its function name.
    pub(crate) const ALL: [(Instruction, &'static str); 8] = [
        (Instruction::SetCtxType, "__ytt_tpl2_set_ctx_type"),
        (Instruction::StartCtx, "__ytt_tpl2_start_ctx"),
        (Instruction::EndCtx, "__ytt_tpl2_end_ctx"),
        (Instruction::StartNodeAnnotation, "__ytt_tpl2_start_node_annotation"),
        (Instruction::CollectNodeAnnotation, "__ytt_tpl2_collect_node_annotation"),
        (Instruction::StartNode, "__ytt_tpl2_start_node"),
        (Instruction::SetNode, "__ytt_tpl2_set_node"),
        (Instruction::SetMapItemKey, "__ytt_tpl2_set_map_item_key"),
    ];

    /// The function name it is written with.
    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(instruction, _)| *instruction == self).map_or("", |(_, name)| name)
    }

    /// The instruction of this function name.
    pub(crate) fn of(name: &str) -> Option<Instruction> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(instruction, _)| *instruction)
    }

    /// All function names, for the resolver.
    pub(crate) fn is_name(name: &str) -> bool {
        Self::of(name).is_some()
    }

    /// The text of a call.
    pub(crate) fn call(self, args: &str) -> String {
        format!("{}({args})", self.name())
    }
}

/// What a generated line stands for.
#[derive(Clone, Debug)]
pub(crate) struct SourceLine {
    /// Where it is.
    pub(crate) pos: Pos,
    /// What a message shows of it.
    pub(crate) content: Text,
    /// The whole line, where `content` is a piece of it.
    pub(crate) whole: Option<Text>,
}

/// A line of dialect text.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// The code; for lines of a `.star` file as they stand, which need not be UTF-8.
    pub(crate) text: Vec<u8>,
    /// What it stands for; none for lines that stand for nothing.
    pub(crate) source: Option<SourceLine>,
}

impl Line {
    /// A generated instruction.
    pub(crate) fn generated(text: String) -> Line {
        Line { text: text.into_bytes(), source: None }
    }

    /// The code as messages show it.
    pub(crate) fn shown(&self) -> String {
        String::from_utf8_lossy(&self.text).into_owned()
    }
}

/// The text of all lines: white space in front goes, except behind a continued line.
pub(crate) fn join(lines: &[Line]) -> Vec<u8> {
    let mut result = Vec::new();
    let mut continued = false;
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            result.push(b'\n');
        }
        let text = if continued { line.text.as_slice() } else { trim_start(&line.text) };
        continued = text.ends_with(b"\\");
        result.extend_from_slice(text);
    }
    result
}

fn trim_start(text: &[u8]) -> &[u8] {
    match std::str::from_utf8(text) {
        Ok(text) => text.trim_start().as_bytes(),
        Err(_) => text.trim_ascii_start(),
    }
}

/// The frames that show line `number` (from 1): the line itself, or for a generated one its
/// neighbours.
pub(crate) fn frames(
    lines: &[Line],
    number: u32,
    context: &str,
    name: &str,
    bare: bool,
    nodes: Option<&Nodes>,
    files: &FileTable,
) -> Vec<Frame> {
    let index = (number as usize).wrapping_sub(1);
    let Some(line) = lines.get(index) else {
        return Vec::new();
    };
    // The reference's `.star` files are read without their name, so that messages show only lines.
    let place = |pos: Pos| if bare { pos.line.to_string() } else { files.show(pos) };
    if let Some(source) = &line.source {
        return vec![Frame::new(context, place(source.pos), source.content.as_str())];
    }
    let before = lines.iter().take(index).rev().find_map(|line| line.source.as_ref());
    let after = lines.iter().skip(index + 1).find_map(|line| line.source.as_ref());
    let neighbour = |source: &SourceLine, context: &str| {
        let content = source.whole.as_ref().unwrap_or(&source.content);
        Frame::new(context, place(source.pos), content.as_str())
    };
    let mut context = context;
    let mut frames = Vec::new();
    if let Some(source) = before {
        frames.push(neighbour(source, std::mem::take(&mut context)));
    }
    let mut text = line.shown();
    if let Some(node) = nodes.and_then(|nodes| nodes.get(tag_of(&text)?)) {
        text = format!("{text} # {}", node.kind.describe());
    }
    text.push_str(" (generated)");
    frames.push(Frame::new(std::mem::take(&mut context), format!("{name}:?"), text));
    if let Some(source) = after {
        frames.push(neighbour(source, ""));
    }
    frames
}

/// Where line `number` (from 1) comes from: a generated one from its node, or what stands before it.
pub(crate) fn place(lines: &[Line], number: u32, nodes: Option<&Nodes>) -> Option<Pos> {
    let index = (number as usize).checked_sub(1)?;
    let line = lines.get(index)?;
    let own = line.source.as_ref().map(|source| source.pos);
    let node = || Some(nodes?.get(tag_of(&line.shown())?)?.pos).filter(|pos| pos.is_known());
    let before = || lines.iter().take(index).rev().find_map(|line| Some(line.source.as_ref()?.pos));
    own.or_else(node).or_else(before)
}

/// The tag of the node that an instruction is about.
fn tag_of(text: &str) -> Option<Tag> {
    let (name, args) = text.split_once('(')?;
    match Instruction::of(name)? {
        Instruction::StartNode | Instruction::SetNode | Instruction::SetMapItemKey => {
            args.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
        }
        _ => None,
    }
}
