//! The rules for the arguments of calls and the parameters of functions.

use std::collections::HashSet;

use super::ast::{Argument, Expr, Ident, Param, Position};
use super::resolve::Resolver;

/// The most positional and the most named arguments a call may have, plus one.
const ARGUMENT_LIMIT: usize = 256;

impl<'a> Resolver<'a, '_> {
    pub(super) fn arguments(&mut self, args: &'a [Argument], call: &Expr) {
        let (mut seen_args, mut seen_kwargs) = (false, false);
        let mut names = HashSet::new();
        let (mut positional, mut named) = (0, 0);
        for arg in args {
            match arg {
                Argument::Kwargs(value, pos) => {
                    if seen_kwargs {
                        self.error(*pos, "multiple **kwargs not allowed");
                    }
                    seen_kwargs = true;
                    self.expr(value);
                }
                Argument::Args(value, pos) => {
                    if seen_kwargs {
                        self.error(*pos, "*args may not follow **kwargs");
                    } else if seen_args {
                        self.error(*pos, "multiple *args not allowed");
                    }
                    seen_args = true;
                    self.expr(value);
                }
                Argument::Named(name, value) => {
                    named += 1;
                    if seen_kwargs {
                        self.error(name.pos, "argument may not follow **kwargs");
                    }
                    if !names.insert(&*name.name) {
                        self.error(name.pos, format!("keyword argument {} repeated", name.name));
                    }
                    self.expr(value);
                }
                Argument::Positional(value) => {
                    positional += 1;
                    if seen_args {
                        self.error(value.start(), "argument may not follow *args");
                    } else if seen_kwargs {
                        self.error(value.start(), "argument may not follow **kwargs");
                    } else if !names.is_empty() {
                        self.error(value.start(), "positional argument may not follow named");
                    }
                    self.expr(value);
                }
            }
        }
        for (count, kind) in [(positional, "positional"), (named, "keyword")] {
            if count >= ARGUMENT_LIMIT {
                let most = ARGUMENT_LIMIT - 1;
                self.error(call.start(), format!("{count} {kind} arguments in call, limit is {most}"));
            }
        }
    }

    pub(super) fn function(&mut self, params: &'a [Param], body: impl FnOnce(&mut Self)) {
        for param in params {
            if let Param::Default(_, value) = param {
                self.expr(value);
            }
        }
        self.within(true, |resolver| {
            resolver.params(params);
            body(resolver);
        });
    }

    fn params(&mut self, params: &'a [Param]) {
        let mut optional = false;
        let mut star: Option<&'a Param> = None;
        let mut kwargs: Option<&'a Ident> = None;
        let mut keyword_only = false;
        for param in params {
            let pos = param.pos();
            let after = kwargs.map(|kwargs| format!("may not follow **{}", kwargs.name));
            match param {
                Param::Plain(id) | Param::Default(id, _) => {
                    let has_default = matches!(param, Param::Default(..));
                    if let Some(after) = after {
                        let kind = if has_default { "optional" } else { "required" };
                        self.error(pos, format!("{kind} parameter {after}"));
                    } else if star.is_some() {
                        keyword_only = true;
                    } else if optional && !has_default {
                        self.error(pos, "required parameter may not follow optional");
                    }
                    self.param(id);
                    optional |= has_default;
                }
                Param::Args(_) | Param::KeywordOnly(_) => {
                    if let Some(after) = after {
                        self.error(pos, format!("* parameter {after}"));
                    } else if star.is_some() {
                        self.error(pos, "multiple * parameters not allowed");
                    } else {
                        star = Some(param);
                    }
                }
                Param::Kwargs(id) => {
                    if kwargs.is_some() {
                        self.error(pos, "multiple ** parameters not allowed");
                    }
                    kwargs = Some(id);
                }
            }
        }
        match star {
            Some(Param::Args(id)) => self.param(id),
            Some(bare) if !keyword_only => {
                self.error(bare.pos(), "bare * must be followed by keyword-only parameters");
            }
            _ => {}
        }
        if let Some(id) = kwargs {
            self.param(id);
        }
    }

    fn param(&mut self, id: &'a Ident) {
        if self.bind(id) {
            self.error(id.pos, format!("duplicate parameter: {}", id.name));
        }
    }
}

impl Param {
    /// Where it stands: at its name, a lone star at the star.
    pub fn pos(&self) -> Position {
        match self {
            Param::Plain(id) | Param::Default(id, _) | Param::Args(id) | Param::Kwargs(id) => id.pos,
            Param::KeywordOnly(pos) => *pos,
        }
    }
}
