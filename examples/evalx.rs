use stampmill::engine::builtins::*;
use starlark::environment::{GlobalsBuilder, Module};
use starlark::eval::Evaluator;
use starlark::syntax::{AstModule, Dialect};
use std::io::Read;
fn main() {
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input).unwrap();
    let mut b = GlobalsBuilder::standard();
    for f in UNIVERSE {
        b.set(f.name, f.clone());
    }
    for t in OPERATORS {
        for f in *t {
            b.set(f.name, f.clone());
        }
    }
    let globals = b.build();
    let mut d = Dialect::Extended;
    d.enable_lambda = true;
    d.enable_top_level_stmt = true;
    for line in input.lines() {
        let r = Module::with_temp_heap(|module| {
            let ast = match AstModule::parse("a", line.replace("\\u2424", "\n"), &d) {
                Ok(a) => a,
                Err(e) => return format!("PARSE {e}").replace('\n', " "),
            };
            let mut eval = Evaluator::new(&module);
            let r = eval.eval_module(ast, &globals);
            match r {
                Ok(v) => format!("OK  {}", repr(v)),
                Err(e) => {
                    let m = match e.kind() {
                        starlark::ErrorKind::Native(i) => i.to_string(),
                        _ => format!("?? {}", e.without_diagnostic()),
                    };
                    format!("ERR {}", m.replace('\n', " / "))
                }
            }
        });
        println!("{r}");
    }
}
