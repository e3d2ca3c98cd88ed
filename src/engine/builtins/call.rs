//! Calling functions of templates from natives.

use starlark::eval::Evaluator;
use starlark::values::Value;

use crate::engine::{NativeError, NativeResult, names};
use crate::limits;

/// Calls any function.
pub(crate) fn invoke<'v>(
    function: Value<'v>,
    positional: &[Value<'v>],
    named: &[(&str, Value<'v>)],
    eval: &mut Evaluator<'v, '_, '_>,
) -> starlark::Result<Value<'v>> {
    let result = eval.eval_function(function, positional, named);
    // The crate looks at the limits behind every such call, as if it were the end of a period.
    limits::give_back_steps(limits::TURNS - 1);
    result
}

/// Calls a function. Arguments that do not fit its parameters are reported in starlark-go's words,
/// which the crate's errors lack the means for.
pub fn call<'v>(
    function: Value<'v>,
    positional: &[Value<'v>],
    named: &[(&str, Value<'v>)],
    eval: &mut Evaluator<'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    let keywords: Vec<&str> = named.iter().map(|(name, _)| *name).collect();
    check_arguments(function, positional.len(), &keywords)?;
    Ok(invoke(function, positional, named, eval)?)
}

/// The parameters of a function, in order.
#[derive(Default)]
struct Parameters<'a> {
    /// Those that take an argument, and whether it can be left out.
    plain: Vec<(&'a str, bool)>,
    /// How many of them can be given by position.
    positional: usize,
    takes_any_position: bool,
    takes_any_keyword: bool,
    empty: bool,
}

impl<'a> Parameters<'a> {
    /// Reads `a, b = ..., *args, c, **kwargs`, which is all the crate tells.
    fn read(text: &'a str) -> Parameters<'a> {
        let mut parameters = Parameters { empty: text.is_empty(), ..Parameters::default() };
        let mut keyword_only = false;
        for part in text.split(", ").filter(|part| !matches!(*part, "" | "/")) {
            if part.starts_with("**") {
                parameters.takes_any_keyword = true;
            } else if let Some(name) = part.strip_prefix('*') {
                keyword_only = true;
                parameters.takes_any_position = !name.is_empty();
            } else {
                let (name, optional) = part.split_once(" = ").map_or((part, false), |(name, _)| (name, true));
                parameters.plain.push((name, optional));
                parameters.positional += usize::from(!keyword_only);
            }
        }
        parameters
    }
}

/// Fails if a function of a template cannot be called with so many positional arguments and these
/// keyword arguments.
fn check_arguments(function: Value<'_>, given: usize, keywords: &[&str]) -> NativeResult<()> {
    let Some(spec) = function.parameters_spec() else {
        return Ok(());
    };
    if spec.can_fill_with_args(given, keywords) {
        return Ok(());
    }
    let text = spec.parameters_str();
    let parameters = Parameters::read(&text);
    let name = function.function_name().unwrap_or_default();
    let name = names::restore(name.rsplit('.').next().unwrap_or(name));
    let fail = |what: String| Err(NativeError::new(format!("function {name} {what}")));
    if parameters.empty {
        return fail(format!("accepts no arguments ({} given)", given + keywords.len()));
    }
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let most = parameters.positional;
    if given > most && !parameters.takes_any_position {
        let defaults = parameters.plain.iter().take(most).any(|(_, optional)| *optional);
        let at_most = if defaults { "at most " } else { "" };
        let s = plural(most);
        return fail(format!("accepts {at_most}{most} positional argument{s} ({given} given)"));
    }
    let mut filled: Vec<&str> =
        parameters.plain.iter().take(given.min(most)).map(|(name, _)| *name).collect();
    for keyword in keywords {
        let known = parameters.plain.iter().any(|(name, _)| names::restore(name) == *keyword);
        if !known && !parameters.takes_any_keyword {
            return fail(format!("got an unexpected keyword argument \"{keyword}\""));
        }
        if filled.iter().any(|name| names::restore(name) == *keyword) {
            return fail(format!("got multiple values for parameter \"{keyword}\""));
        }
        filled.push(keyword);
    }
    let missing: Vec<_> = parameters
        .plain
        .iter()
        .filter(|(name, optional)| {
            !optional && !filled.iter().any(|f| *f == *name || *f == names::restore(name))
        })
        .map(|(name, _)| names::restore(name))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    fail(format!("missing {} argument{} ({})", missing.len(), plural(missing.len()), missing.join(", ")))
}
