//! Overlays on documents, as the reference applies them.

#![allow(clippy::unwrap_used)] // Tests may fail loudly.

use crate::workspace::{File, Request, render};
use crate::yaml::print_documents;

const OBJECTS: &str =
    "kind: A\nmetadata: {name: x}\nspec: {size: 1}\n---\nkind: B\nmetadata: {name: w}\nspec: {size: 2}\n";
const MAP: &str = "a: 1\nb: {c: 1, d: 2}\nl:\n- name: x\n  v: 1\n- name: w\n";

/// What an overlay makes of documents; of an error the text below `Overlaying (...): `.
fn applied(documents: &str, overlay: &str) -> Result<String, String> {
    let overlay = format!("#@ load(\"@ytt:overlay\", \"overlay\")\n{overlay}");
    let files = vec![File::new("c.yml", documents.as_bytes()), File::new("o.yml", overlay.as_bytes())];
    let rendered = render(Request { files, ..Request::default() });
    let rendered = rendered.map_err(|error| {
        let text = error.to_string();
        text.strip_prefix("Overlaying (in following order: o.yml): ").unwrap_or(&text).to_owned()
    })?;
    Ok(print_documents(&rendered.documents))
}

#[test]
fn documents_and_their_items() {
    #[rustfmt::skip]
    let cases: &[(&str, &str, &str, Result<&str, &str>)] = &[
        ("subset by fields", OBJECTS, "#@overlay/match by=overlay.subset({\"kind\": \"B\"})\n---\n#@overlay/match missing_ok=True\nv: 1\n", Ok("kind: A\nmetadata:\n  name: x\nspec:\n  size: 1\n---\nkind: B\nmetadata:\n  name: w\nspec:\n  size: 2\nv: 1\n")),
        ("subset by name", OBJECTS, "#@overlay/match by=overlay.subset({\"metadata\": {\"name\": \"x\"}})\n---\n#@overlay/match missing_ok=True\nv: 1\n", Ok("kind: A\nmetadata:\n  name: x\nspec:\n  size: 1\nv: 1\n---\nkind: B\nmetadata:\n  name: w\nspec:\n  size: 2\n")),
        ("two parts", OBJECTS, "#@overlay/match by=overlay.and_op(overlay.subset({\"kind\": \"A\"}), overlay.subset({\"metadata\": {\"name\": \"x\"}}))\n---\n#@overlay/match missing_ok=True\nv: 1\n", Ok("kind: A\nmetadata:\n  name: x\nspec:\n  size: 1\nv: 1\n---\nkind: B\nmetadata:\n  name: w\nspec:\n  size: 2\n")),
        ("either", OBJECTS, "#@overlay/match by=overlay.or_op(overlay.subset({\"kind\": \"A\"}), overlay.subset({\"kind\": \"B\"})), expects=2\n---\n#@overlay/match missing_ok=True\nv: 1\n", Ok("kind: A\nmetadata:\n  name: x\nspec:\n  size: 1\nv: 1\n---\nkind: B\nmetadata:\n  name: w\nspec:\n  size: 2\nv: 1\n")),
        ("negated", OBJECTS, "#@overlay/match by=overlay.not_op(overlay.subset({\"kind\": \"A\"}))\n---\n#@overlay/match missing_ok=True\nv: 1\n", Ok("kind: A\nmetadata:\n  name: x\nspec:\n  size: 1\n---\nkind: B\nmetadata:\n  name: w\nspec:\n  size: 2\nv: 1\n")),
        ("function before a subset", OBJECTS, "#@overlay/match by=overlay.and_op(lambda i, l, r: i == 1, overlay.subset({\"kind\": \"B\"}))\n---\n#@overlay/match missing_ok=True\nv: 1\n", Ok("kind: A\nmetadata:\n  name: x\nspec:\n  size: 1\n---\nkind: B\nmetadata:\n  name: w\nspec:\n  size: 2\nv: 1\n")),
        ("function behind a subset fails only for what the subset takes", OBJECTS, "#@overlay/match by=overlay.and_op(overlay.subset({\"kind\": \"B\"}), lambda i, l, r: l[\"metadata\"][\"name\"] == \"w\")\n---\n#@overlay/match missing_ok=True\nv: 1\n", Ok("kind: A\nmetadata:\n  name: x\nspec:\n  size: 1\n---\nkind: B\nmetadata:\n  name: w\nspec:\n  size: 2\nv: 1\n")),
        ("index", OBJECTS, "#@overlay/match by=overlay.index(1)\n---\n#@overlay/match missing_ok=True\nv: 1\n", Ok("kind: A\nmetadata:\n  name: x\nspec:\n  size: 1\n---\nkind: B\nmetadata:\n  name: w\nspec:\n  size: 2\nv: 1\n")),
        ("an integer of code is one of YAML", OBJECTS, "#@overlay/match by=overlay.subset({\"spec\": {\"size\": 2}})\n---\n#@overlay/match missing_ok=True\nv: 1\n", Ok("kind: A\nmetadata:\n  name: x\nspec:\n  size: 1\n---\nkind: B\nmetadata:\n  name: w\nspec:\n  size: 2\nv: 1\n")),
        ("a float is no integer", OBJECTS, "#@overlay/match by=overlay.subset({\"spec\": {\"size\": 2.0}}), expects=0\n---\n#@overlay/match missing_ok=True\nv: 1\n", Ok("kind: A\nmetadata:\n  name: x\nspec:\n  size: 1\n---\nkind: B\nmetadata:\n  name: w\nspec:\n  size: 2\n")),
        ("by must be a function", OBJECTS, "#@overlay/match by=\"kind\"\n---\n#@overlay/match missing_ok=True\nv: 1\n", Err("Document on line o.yml:3: Expected 'overlay/match' annotation keyword argument 'by' to be function, but was starlark.String")),
        ("a key of code that is no text", "1: 2\n", "#@overlay/match by=overlay.subset({1: 2}), expects=0\n---\n#@overlay/match missing_ok=True\nv: 1\n", Ok("1: 2\n")),
        ("later overlays see what earlier ones did", OBJECTS, "#@overlay/match by=overlay.subset({\"kind\": \"A\"})\n---\nkind: C\n#@overlay/match by=overlay.subset({\"kind\": \"C\"})\n---\nkind: D\n", Ok("kind: D\nmetadata:\n  name: x\nspec:\n  size: 1\n---\nkind: B\nmetadata:\n  name: w\nspec:\n  size: 2\n")),
        ("remove, then by index", OBJECTS, "#@overlay/match by=overlay.index(0)\n#@overlay/remove\n---\n#@overlay/match by=overlay.index(0)\n---\n#@overlay/match missing_ok=True\nv: 1\n", Ok("kind: B\nmetadata:\n  name: w\nspec:\n  size: 2\nv: 1\n")),
        ("insert before and after is one document", OBJECTS, "#@overlay/match by=overlay.subset({\"kind\": \"A\"})\n#@overlay/insert before=True, after=True\n---\nkind: I\n#@overlay/match by=overlay.index(0)\n---\nkind: J\n", Ok("kind: J\n---\nkind: A\nmetadata:\n  name: x\nspec:\n  size: 1\n---\nkind: J\n---\nkind: B\nmetadata:\n  name: w\nspec:\n  size: 2\n")),
        ("append", OBJECTS, "#@overlay/match by=overlay.all\n#@overlay/append\n---\nz: 1\n", Ok("kind: A\nmetadata:\n  name: x\nspec:\n  size: 1\n---\nkind: B\nmetadata:\n  name: w\nspec:\n  size: 2\n---\nz: 1\n")),
        ("replace via", OBJECTS, "#@overlay/match by=overlay.subset({\"kind\": \"A\"})\n#@overlay/replace via=lambda l, r: {\"l\": l, \"r\": r}\n---\nz: 1\n", Ok("l:\n  kind: A\n  metadata:\n    name: x\n  spec:\n    size: 1\nr:\n  z: 1\n---\nkind: B\nmetadata:\n  name: w\nspec:\n  size: 2\n")),
        ("replace or add", OBJECTS, "#@overlay/match by=overlay.subset({\"kind\": \"Z\"}), missing_ok=True\n#@overlay/replace or_add=True\n---\nz: 1\n", Ok("kind: A\nmetadata:\n  name: x\nspec:\n  size: 1\n---\nkind: B\nmetadata:\n  name: w\nspec:\n  size: 2\n---\nz: 1\n")),
        ("values keep their place", MAP, "#@overlay/match by=overlay.all\n---\nb: {d: 3, c: 4}\n", Ok("a: 1\nb:\n  c: 4\n  d: 3\nl:\n- name: x\n  v: 1\n- name: w\n")),
        ("new keys need leave", MAP, "#@overlay/match by=overlay.all\n---\nb: {e: 1}\n", Err("Document on line o.yml:3: Map item (key 'b') on line o.yml:4: Map item (key 'e') on line o.yml:4: Expected number of matched nodes to be 1, but was 0")),
        ("child defaults", MAP, "#@overlay/match by=overlay.all\n---\n#@overlay/match-child-defaults missing_ok=True\nb: {e: 1}\n", Ok("a: 1\nb:\n  c: 1\n  d: 2\n  e: 1\nl:\n- name: x\n  v: 1\n- name: w\n")),
        ("child defaults of the parent", MAP, "#@overlay/match by=overlay.all\n---\nb:\n  #@overlay/match-child-defaults missing_ok=True\n  c: {e: 1}\n", Err("Document on line o.yml:3: Map item (key 'b') on line o.yml:4: Map item (key 'c') on line o.yml:6: Expected map, but was integer")),
        ("a map is no array", MAP, "#@overlay/match by=overlay.all\n---\nb: [1]\n", Err("Document on line o.yml:3: Map item (key 'b') on line o.yml:4: Expected array, but was map")),
        ("keys by a function", MAP, "#@overlay/match by=overlay.all\n---\nb:\n  #@overlay/match by=lambda k, l, r: k in (\"c\", \"d\"), expects=2\n  _: 9\n", Ok("a: 1\nb:\n  c: 9\n  d: 9\nl:\n- name: x\n  v: 1\n- name: w\n")),
        ("a replaced key takes the new name", MAP, "#@overlay/match by=overlay.all\n---\nb:\n  #@overlay/match by=lambda k, l, r: k == \"c\"\n  #@overlay/replace\n  e: 9\n", Ok("a: 1\nb:\n  e: 9\n  d: 2\nl:\n- name: x\n  v: 1\n- name: w\n")),
        ("a key twice", MAP, "#@overlay/match by=overlay.all\n---\nb:\n  #@overlay/match by=overlay.all, expects=2\n  #@overlay/replace\n  e: 9\n", Err("Unexpected duplicate key: e")),
        ("when", MAP, "#@overlay/match by=overlay.all\n---\n#@overlay/match when=1\na: 2\n#@overlay/match when=1\nq: 2\n", Ok("a: 2\nb:\n  c: 1\n  d: 2\nl:\n- name: x\n  v: 1\n- name: w\n")),
        ("several operations", MAP, "#@overlay/match by=overlay.all\n---\n#@overlay/remove\n#@overlay/replace\na: 1\n", Err("Document on line o.yml:3: Map item (key 'a') on line o.yml:6: Expected to find only one overlay operation")),
        ("insert is for arrays", MAP, "#@overlay/match by=overlay.all\n---\n#@overlay/insert before=True\na: 1\n", Err("Document on line o.yml:3: Map item (key 'a') on line o.yml:5: Found @overlay/insert on map item (o.yml:5); only array items can be annotated with @overlay/insert")),
        ("items by a key", MAP, "#@overlay/match by=overlay.all\n---\nl:\n#@overlay/match by=\"name\"\n- name: x\n  v: 2\n- name: z\n", Ok("a: 1\nb:\n  c: 1\n  d: 2\nl:\n- name: x\n  v: 2\n- name: w\n- name: z\n")),
        ("items without the key", MAP, "#@overlay/match by=overlay.all\n---\nl:\n#@overlay/match by=\"v\"\n- v: 1\n", Err("Document on line o.yml:3: Map item (key 'l') on line o.yml:4: Array item on line o.yml:6: overlay.map_key_matcher: Expected to find map item with key 'v', but did not")),
        ("item operations", MAP, "#@overlay/match by=overlay.all\n---\nl:\n#@overlay/match by=overlay.index(0)\n#@overlay/remove\n-\n#@overlay/match by=\"name\"\n#@overlay/insert before=True\n- name: w\n  z: 1\n#@overlay/append\n- name: w\n", Ok("a: 1\nb:\n  c: 1\n  d: 2\nl:\n- name: w\n  z: 1\n- name: w\n- name: w\n")),
        ("expects as text", MAP, "#@overlay/match by=overlay.all\n---\n#@overlay/match expects=\"2+\"\na: 2\n", Err("Document on line o.yml:3: Map item (key 'a') on line o.yml:5: Expected number of matched nodes to be >= 2, but was 1 (lines: c.yml:1)")),
        ("expects as list", MAP, "#@overlay/match by=overlay.all\n---\n#@overlay/match expects=[0, \"2+\"]\na: 2\n", Err("Document on line o.yml:3: Map item (key 'a') on line o.yml:5: Expected number of matched nodes to be >= 2, but was 1 (lines: c.yml:1)")),
        ("expects as function", MAP, "#@overlay/match by=overlay.all\n---\n#@overlay/match expects=lambda n: n == 0\na: 2\n", Err("Document on line o.yml:3: Map item (key 'a') on line o.yml:5: Expectation of number of matched nodes failed")),
        ("expects of another type", MAP, "#@overlay/match by=overlay.all\n---\n#@overlay/match expects=1.5\na: 2\n", Err("Document on line o.yml:3: Map item (key 'a') on line o.yml:5: Expected 'overlay/match' annotation keyword argument 'expects' to be either int, string or function, but was starlark.Float")),
        ("expects and missing_ok", MAP, "#@overlay/match by=overlay.all\n---\n#@overlay/match expects=1, missing_ok=True\na: 2\n", Err("Document on line o.yml:3: Map item (key 'a') on line o.yml:5: Expected only one of keyword arguments ('missing_ok', 'expects') specified")),
        ("assert", MAP, "#@overlay/match by=overlay.all\n---\n#@overlay/assert\nb: {c: 2}\n", Err("Document on line o.yml:3: Map item (key 'b') on line o.yml:5: Expected objects to equal, but did not: Expected leaf values to match integer integer")),
        ("assert via", MAP, "#@overlay/match by=overlay.all\n---\n#@overlay/assert via=lambda l, r: (l == r, \"not equal\")\na: 2\n", Err("Document on line o.yml:3: Map item (key 'a') on line o.yml:5: Expected via invocation to return true, but was false with message: not equal")),
        ("unknown argument", MAP, "#@overlay/match by=overlay.all\n---\n#@overlay/match nope=1\na: 2\n", Err("Document on line o.yml:3: Map item (key 'a') on line o.yml:5: Unknown 'overlay/match' annotation keyword argument 'nope'")),
        ("arguments a function does not take", MAP, "#@overlay/match by=overlay.all\n---\n#@overlay/replace via=lambda l: l\na: 2\n", Err("Document on line o.yml:3: Map item (key 'a') on line o.yml:5: function lambda accepts 1 positional argument (2 given)")),
        ("lists and dicts of code replace", MAP, "#@overlay/match by=overlay.all\n---\nb: #@ {\"z\": 1}\n", Err("Document on line o.yml:3: Map item (key 'b') on line o.yml:4: Map item (key 'z') on line ?: Expected number of matched nodes to be 1, but was 0")),
    ];
    for (name, documents, overlay, expected) in cases {
        // The reference says nothing below the first line.
        let found = applied(documents, overlay)
            .map_err(|text| text.split('\n').next().map(str::to_owned).unwrap_or_default());
        assert_eq!(found.as_deref().map_err(String::as_str), *expected, "{name}");
    }
}

/// The texts are our own: the reference does not help here.
#[test]
fn what_matches_nothing_is_told_what_comes_near() {
    let cases = [
        (
            "#@overlay/match by=overlay.subset({\"kind\": \"A\", \"metadata\": {\"name\": \"xx\"}})\n---\n",
            "    Nearest of 2 documents:\n      c.yml:1 (A x): metadata.name is \"x\", expected \"xx\"\n      \
             c.yml:4 (B w): kind is \"B\", expected \"A\"; metadata.name is \"w\", expected \"xx\"",
        ),
        (
            "#@overlay/match by=lambda i, l, r: False\n---\n",
            "    The function said no to each document: c.yml:1 (A x), c.yml:4 (B w)",
        ),
        (
            "#@overlay/match by=overlay.index(0)\n---\nmetdata: {}\n",
            "    Did you mean 'metadata' (c.yml:2)?\n    To add the key, put #@overlay/match missing_ok=True above it.",
        ),
        (
            "#@overlay/match by=overlay.index(0)\n---\nspec:\n  #@overlay/match expects=1\n  other: {}\n",
            "    The map has the keys 'size'.",
        ),
    ];
    for (overlay, expected) in cases {
        let text = applied(OBJECTS, overlay).unwrap_err();
        assert_eq!(text.split_once("\n\n").map(|(_, help)| help), Some(expected), "{overlay}");
    }
}

/// Large maps are indexed by key; the result must not depend on it.
#[test]
fn large_maps_come_out_as_small_ones_do() {
    let keys = |value: usize| (0..300).map(|key| format!("k{key}: {value}\n")).collect::<String>();
    let changes = "#@overlay/remove\nk7:\n#@overlay/match by=lambda k, l, r: k == \"k8\"\n#@overlay/replace\nq: x\n\
                   #@overlay/match missing_ok=True\nnew: w\n";
    let rest = keys(2).replace("k7: 2\nk8: 2\n", "");
    let overlay = format!("#@overlay/match by=overlay.all\n---\n{changes}{rest}");
    let expected = keys(2).replace("k7: 2\nk8: 2\n", "q: x\n") + "new: w\n";
    assert_eq!(applied(&keys(1), &overlay).unwrap(), expected);
}

#[test]
fn the_left_argument_changes_where_it_is() {
    let template = "#@ load(\"@ytt:overlay\", \"overlay\")\n#@ def base():\nname: x\nl:\n- 1\n#@ end\n\
                    #@ def over(i):\nname: #@ i\nl:\n- #@ i\n#@ end\n#@ b = base()\nfirst: #@ b\nall:\n\
                    #@ for i in range(2):\n- #@ overlay.apply(b, over(i))\n#@ end\nname: #@ b[\"name\"]\nfresh: #@ base()\n";
    let changed = |indent: &str| format!("name: 1\n{indent}l:\n{indent}- 1\n{indent}- 0\n{indent}- 1\n");
    let expected = format!(
        "first:\n  {}all:\n- {}- {}name: 1\nfresh:\n  name: x\n  l:\n  - 1\n",
        changed("  "),
        changed("  "),
        changed("  ")
    );
    let files = vec![File::new("c.yml", template.as_bytes())];
    let rendered = render(Request { files, ..Request::default() }).unwrap();
    assert_eq!(print_documents(&rendered.documents), expected);
}
