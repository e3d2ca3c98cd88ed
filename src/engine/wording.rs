//! The crate's run-time errors in the words ytt users know.
//!
//! Source of the texts: starlark-go's `interp.go` and `eval.go`; of the hints: the reference's
//! `pkg/template/compiled_template_error.go`.

use starlark::values::{Value, ValueError};

use super::NativeError;
use super::builtins;
use super::codegen::{FunctionInfo, Site, SiteKind};
use super::syntax::ast::{Expr, Ident, Param, Position};
use crate::limits::{self, Limit};

/// The message of an error as far as it can be worded without knowing the place.
pub(crate) fn message(error: &starlark::Error) -> String {
    run_time(error, None, |_| false, None)
}

/// The native error behind an error of the crate.
fn native(error: &starlark::Error) -> Option<&NativeError> {
    match error.kind() {
        starlark::ErrorKind::Native(inner) => inner.downcast_ref(),
        _ => None,
    }
}

/// The line of dialect text an error names itself.
pub(crate) fn line(error: &starlark::Error) -> Option<u32> {
    match native(error) {
        Some(NativeError::Message { line, .. }) => *line,
        _ => None,
    }
}

/// The frame of the standard library's code an error happened in.
pub(crate) fn inner_frame(error: &starlark::Error) -> Option<&crate::error::Frame> {
    match native(error) {
        Some(NativeError::Within { frame, .. }) => Some(frame),
        _ => None,
    }
}

/// What an error says may help.
pub(crate) fn help(error: &starlark::Error) -> Option<&str> {
    match native(error) {
        Some(NativeError::Helped { help, .. }) => Some(help),
        _ => None,
    }
}

/// The message of an error that happened at `site`. `is_global` tells the names bound at the top
/// level of that file; `called` is the function whose arguments were wrong.
pub(crate) fn run_time(
    error: &starlark::Error,
    site: Option<&Site>,
    is_global: impl Fn(&str) -> bool,
    called: Option<&FunctionInfo>,
) -> String {
    if let Some(native) = native(error) {
        return native.message();
    }
    let kind = site.map(|site| &site.kind);
    if let starlark::ErrorKind::Value(inner) = error.kind()
        && let Some(value) = inner.downcast_ref::<ValueError>()
    {
        return value_error(value, kind);
    }
    let text = error.without_diagnostic().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text).trim_end();
    other(text, kind, is_global, called)
}

/// Whether something was called that is no function. The crate's back trace has a frame for it.
pub(crate) fn is_call_of_no_function(error: &starlark::Error) -> bool {
    match error.kind() {
        starlark::ErrorKind::Value(inner) => matches!(
            inner.downcast_ref::<ValueError>(),
            Some(ValueError::OperationNotSupported { op, .. }) if op == "call()"
        ),
        _ => false,
    }
}

fn value_error(error: &ValueError, kind: Option<&SiteKind>) -> String {
    match error {
        ValueError::OperationNotSupported { op, typ } => match (op.as_str(), kind) {
            ("(iter)" | "len()", Some(SiteKind::Unpack(_))) => format!("got {typ} in sequence assignment"),
            ("(iter)", _) => format!("{typ} value is not iterable"),
            ("call()", _) => format!("invalid call of non-function ({typ})"),
            (op, _) => format!("unknown op: {op} {typ}"),
        },
        ValueError::OperationNotSupportedBinary { op, left, right } => {
            format!("unknown binary op: {left} {op} {right}")
        }
        ValueError::NoAttr(typ, name) | ValueError::NoAttrDidYouMean(typ, name, _) => {
            builtins::missing_attribute(typ, &super::names::restore(name))
        }
        ValueError::KeyNotFound(key) => format!("key {key} not in dict"),
        ValueError::MutationDuringIteration => "cannot insert into hash table during iteration".to_owned(),
        ValueError::CannotMutateImmutableValue => "value does not support item assignment".to_owned(),
        other => other.to_string(),
    }
}

fn other(
    text: &str,
    kind: Option<&SiteKind>,
    is_global: impl Fn(&str) -> bool,
    called: Option<&FunctionInfo>,
) -> String {
    let quoted = |prefix: &str, suffix: &str| {
        text.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(suffix)).map(str::to_owned)
    };
    if let Some(name) = quoted("Local variable `", "` referenced before assignment") {
        let name = super::names::restore(&name);
        let scope = if is_global(&name) { "global" } else { "local" };
        return format!("{scope} variable {name} referenced before assignment");
    }
    if let Some(typ) = quoted("Value of type `", "` is not hashable") {
        return format!("unhashable type: {typ}");
    }
    if text.starts_with("Starlark call stack overflow") {
        return limits::exceed(Limit::CallDepth, "call stack is too deep").message;
    }
    if text.starts_with("Evaluation cancelled")
        && let Some(message) = limits::stopped_message()
    {
        return message;
    }
    if let Some(rest) = text.strip_prefix("Unpacked ") {
        return unpack(rest, kind).unwrap_or_else(|| text.to_owned());
    }
    called.and_then(|called| arity(text, kind, called)).unwrap_or_else(|| text.to_owned())
}

/// `Unpacked 3 values but expected 2`
fn unpack(rest: &str, kind: Option<&SiteKind>) -> Option<String> {
    let mut numbers = rest.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse::<usize>().ok());
    let got = numbers.next()?;
    let want = match kind {
        Some(SiteKind::Unpack(want)) => *want,
        _ => numbers.next()?,
    };
    let which = if got > want { "many" } else { "few" };
    Some(format!("too {which} values to unpack (got {got}, want {want})"))
}

/// The message of an error about the arguments of a function that no code called: one that checks
/// a data value, say, with `given` values by position. None for other errors.
pub(crate) fn outside_call(error: &starlark::Error, function: Value<'_>, given: usize) -> Option<String> {
    if error.span().is_some() || !matches!(error.kind(), starlark::ErrorKind::Function(_)) {
        return None;
    }
    let spec = function.parameters_spec()?;
    let signature = spec.signature();
    let name = super::names::restore(signature.rsplit('.').next().unwrap_or_default());
    let text = spec.parameters_str();
    let params = text.split(", ").filter(|text| !text.is_empty()).map(|text| {
        let ident = |name: &str| Ident { name: super::names::restore(name).into(), pos: Position::default() };
        match (text, text.split_once([' ', '='])) {
            ("*", _) => Param::KeywordOnly(Position::default()),
            (_, Some((name, _))) => Param::Default(ident(name), Expr::Ident(ident(name))),
            _ => match text.strip_prefix("**") {
                Some(name) => Param::Kwargs(ident(name)),
                None => match text.strip_prefix('*') {
                    Some(name) => Param::Args(ident(name)),
                    None => Param::Plain(ident(text)),
                },
            },
        }
    });
    let info = FunctionInfo { name: name.into(), entry_line: None, params: params.collect() };
    let kind = SiteKind::Call { positional: given, named: Vec::new(), spread: false };
    let text = error.without_diagnostic().to_string();
    arity(text.strip_prefix("error: ").unwrap_or(&text).trim_end(), Some(&kind), &info)
}

/// Errors about the arguments of a function of the template.
fn arity(text: &str, kind: Option<&SiteKind>, function: &FunctionInfo) -> Option<String> {
    let name = &function.name;
    let mut positional = Vec::new();
    let mut required = Vec::new();
    let mut optional = false;
    let mut keyword_only = false;
    for param in &function.params {
        match param {
            Param::Plain(ident) => {
                required.push(&*ident.name);
                if !keyword_only {
                    positional.push(&*ident.name);
                }
            }
            Param::Default(ident, _) => {
                optional = true;
                if !keyword_only {
                    positional.push(&*ident.name);
                }
            }
            Param::KeywordOnly(_) | Param::Args(_) => keyword_only = true,
            Param::Kwargs(_) => {}
        }
    }
    if text.starts_with("Missing ") && text.contains("parameter") {
        let (given, named) = match kind {
            Some(SiteKind::Call { positional, named, .. }) => (*positional, named.as_slice()),
            _ => (0, [].as_slice()),
        };
        let supplied = positional.get(..given.min(positional.len())).unwrap_or_default();
        let missing: Vec<&str> = required
            .iter()
            .filter(|name| !supplied.contains(name) && !named.iter().any(|n| &**n == **name))
            .copied()
            .collect();
        let s = if missing.len() == 1 { "" } else { "s" };
        return Some(format!(
            "function {name} missing {} argument{s} ({})",
            missing.len(),
            missing.join(", ")
        ));
    }
    if let Some(rest) = text.strip_prefix("Found ") {
        if let Some((count, _)) = rest.split_once(" extra positional") {
            let extra: usize = count.parse().ok()?;
            let given = positional.len() + extra;
            if function.params.is_empty() {
                return Some(format!("function {name} accepts no arguments ({given} given)"));
            }
            let most = if optional { "at most " } else { "" };
            let s = if positional.len() == 1 { "" } else { "s" };
            return Some(format!(
                "function {name} accepts {most}{} positional argument{s} ({given} given)",
                positional.len()
            ));
        }
        if let Some(extra) = rest.strip_prefix('`').and_then(|rest| rest.split('`').next()) {
            if function.params.is_empty()
                && let Some(SiteKind::Call { positional, named, .. }) = kind
            {
                let given = positional + named.len();
                return Some(format!("function {name} accepts no arguments ({given} given)"));
            }
            let extra = super::names::restore(extra);
            return Some(format!("function {name} got an unexpected keyword argument {extra:?}"));
        }
    }
    if let Some(repeated) = text.strip_prefix("Argument `").and_then(|rest| rest.split('`').next()) {
        let repeated = super::names::restore(repeated);
        return Some(format!("function {name} got multiple values for parameter {repeated:?}"));
    }
    None
}

/// What to do about an error, in the reference's words. `code` is the text of the lines involved.
pub(crate) fn hint(message: &str, code: &str) -> Option<String> {
    let hint = match message {
        "undefined: true" => "use 'True' instead of 'true' for boolean assignment",
        "undefined: false" => "use 'False' instead of 'false' for boolean assignment",
        "got newline, want ':'" => "missing colon at the end of 'if/for/def' statement?",
        "undefined: null" => "use 'None' instead of 'null' to indicate no value",
        "undefined: nil" => "use 'None' instead of 'nil' to indicate no value",
        "undefined: none" => "use 'None' instead of 'none' to indicate no value",
        "unhandled index operation struct[string]" => {
            "use getattr(...) to access struct field programmatically"
        }
        "got '&', want primary expression" if code.contains("&&") => {
            "use 'and' instead of '&&' for logical-and"
        }
        "got '|', want primary expression" if code.contains("||") => {
            "use 'or' instead of '||' for logical-or"
        }
        message if message.starts_with("unknown binary op: ") && message.contains(" | ") => {
            "use 'or' instead of '|' for logical-or"
        }
        message if message.starts_with("unknown binary op: ") && message.contains(" & ") => {
            "use 'and' instead of '&' for logical-and"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}
