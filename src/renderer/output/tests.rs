#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::Values;
use crate::renderer::Template;
use crate::workspace::{File, FileDocuments};
use crate::yaml::{DocumentSet, print_documents};

/// Templates, whether they are recorded to the end, and what ytt prints for them.
const CASES: &[(bool, &str, &str)] = &[
    // Empties and null.
    (
        true,
        r#"a:
#@ if False:
- 1
#@ end
b:
  #@ if/end False:
  c: 1
d:
e: #@ None
f: {}
g: #@ {}
h: #@ []
"#,
        r#"a: []
b: {}
d: null
e: null
f: {}
g: {}
h: []
"#,
    ),
    // Loops of items.
    (
        true,
        r#"#@ x = [1, 'two', "3", 'a\nb\n', None]
l:
#@ for y in x:
- #@ y
- - #@ y
- k: #@ y
  n: {m: #@ y
    }
#@ end
z: 1
"#,
        r#"l:
- 1
- - 1
- k: 1
  false:
    m: 1
- two
- - two
- k: two
  false:
    m: two
- "3"
- - "3"
- k: "3"
  false:
    m: "3"
- |
  a
  b
- - |
    a
    b
- k: |
    a
    b
  false:
    m: |
      a
      b
- null
- - null
- k: null
  false:
    m: null
z: 1
"#,
    ),
    // Values behind block scalars.
    (
        true,
        r#"#@ t = 'a\nb\n'
k: #@ t
l:
- #@ t
- a: #@ t
  b: |
    x
- z
m: |
  y
n: #@ t
---
#@ t
--- #@ t
---
x: 1
"#,
        r#"k: |
  a
  b
l:
- |
  a
  b
- a: |
    a
    b
  b: |
    x
- z
m: |
  y
false: |
  a
  b
---
|
  a
  b
---
x: 1
"#,
    ),
    // Documents left out.
    (
        true,
        r#"#@ if True:
---
#@ if/end False:
a: 1
---
#@ end
---
b: #@ 1
--- #@ None
--- #@ {}
--- #@ [1]
---
#@ for x in []:
- #@ x
#@ end
--- 7
"#,
        r#"b: 1
---
{}
---
- 1
---
7
"#,
    ),
    // Documents in a loop.
    (
        true,
        r#"#@ for x in [1, 2, 3]:
---
#@ if/end x != 2:
a: #@ x
#@ if/end x == 3:
b: 1
#@ end
---
last: #@ 1
"#,
        r#"a: 1
---
a: 3
b: 1
---
last: 1
"#,
    ),
    // Nested loops.
    (
        true,
        r#"#@ for/end x in [1, 2]:
---
l:
#@ for y in range(x):
- a: #@ y
  b:
  #@ for/end z in range(y):
  - #@ [x, y, z]
#@ end
c: d
"#,
        r#"l:
- a: 0
  b: []
c: d
---
l:
- a: 0
  b: []
- a: 1
  b:
  - - 2
    - 1
    - 0
c: d
"#,
    ),
    // Branches.
    (
        true,
        r#"#@ for/end x in [0, 1, 2]:
---
#@ if x == 0:
a: #@ x
#@ elif x == 1:
b:
  c: #@ x
#@ else:
d:
- #@ x
#@ end
e: f
"#,
        r#"a: 0
e: f
---
b:
  c: 1
e: f
---
d:
- 2
e: f
"#,
    ),
    // Replace in a map.
    (
        true,
        r#"#@ load('@ytt:template', 'template')
#@ def f():
x: 1
"y":
- 2
#@ end
#@ def g():
q: {}
#@ end
a:
  _: #@ template.replace(f())
  z: 3
b:
  z: 3
  _: #@ template.replace({})
c:
  _: #@ template.replace({'k': {'l': [1]}})
d:
  _: #@ template.replace({})
"#,
        r#"a:
  x: 1
  "y":
  - 2
  z: 3
b:
  z: 3
c:
  k:
    l:
    - 1
d: {}
"#,
    ),
    // Replace at the root.
    (
        true,
        r#"#@ load('@ytt:template', 'template')
_: #@ template.replace({'a': 1})
b: 2
---
_: #@ template.replace({})
---
- #@ template.replace([])
---
- #@ template.replace([1, {'a': 2}])
- 3
"#,
        r#"a: 1
b: 2
---
- 1
- a: 2
- 3
"#,
    ),
    // Replace again in the same map.
    (
        false,
        r#"#@ load('@ytt:template', 'template')
#@ for/end x in ['a', 'b']:
---
m:
  #@ for/end y in [1, 2]:
  _: #@ template.replace({x + str(y): y})
  z: #@ x
"#,
        r#"m:
  a1: 1
  a2: 2
  z: a
---
m:
  b1: 1
  b2: 2
  z: b
"#,
    ),
    // Replace with a key of the template.
    (
        false,
        r#"#@ load('@ytt:template', 'template')
a: 1
_: #@ template.replace({'b': 2})
#@ def f():
#@yaml/map-key-override
a: 5
#@ end
"#,
        r#"a: 1
b: 2
"#,
    ),
    // The same key in a loop.
    (
        false,
        r#"#@ for/end x in [1]:
a: #@ x
b: 2
"#,
        r#"a: 1
b: 2
"#,
    ),
    // Nodes of functions.
    (
        true,
        r#"#@ def f(x):
a: #@ x
b:
- #@ x
#@ end
#@ def g():
- 1
#@ end
m: #@ f(1)
l:
- #@ f('|')
- #@ g()
--- #@ f(3)
"#,
        r#"m:
  a: 1
  b:
  - 1
l:
- a: '|'
  b:
  - '|'
- - 1
---
a: 3
b:
- 3
"#,
    ),
    // Text in strings.
    (
        false,
        r#"#@yaml/text-templated-strings
a: (@= 'x' @) y
b: 1
"#,
        r#"a: x y
b: 1
"#,
    ),
    // Overlays apply.
    (
        false,
        r#"#@ load('@ytt:overlay', 'overlay')
a: #@ 1
#@overlay/match by=overlay.all
---
a: 2
"#,
        r#"a: 2
"#,
    ),
    // Annotations of other names.
    (
        false,
        r#"#@ x = 1
#@yaml/map-key-override
a: #@ x
"#,
        r#"a: 1
"#,
    ),
    // Continue in a loop.
    (
        true,
        r#"l:
#@ for x in range(4):
#@ if x % 2:
#@ continue
#@ end
- #@ x
#@ end
"#,
        r#"l:
- 0
- 2
"#,
    ),
    // A value left to be.
    (
        true,
        r#"#@ load('@ytt:template', 'template')
#@ n = []
a:
- #@ n.append(template.replace([1])) or 2
b: #@ n[0]
c: 3
"#,
        r#"a:
- 1
b: null
c: 3
"#,
    ),
    // Static parts.
    (
        true,
        r#"a: {b: [1, 2], c: 'x'}
d: #@ 1
e:
  f: |
    g
  h: [{i: j}]
k:
- l
- m: #@ 2
"#,
        r#"a:
  b:
  - 1
  - 2
  c: x
d: 1
e:
  f: |
    g
  h:
  - i: j
k:
- l
- m: 2
"#,
    ),
];

#[test]
fn documents_are_printed_alike_with_and_without_a_tree() {
    for (recorded, template, expected) in CASES {
        let output = Template::compile(vec![File::new("t.yml", template.as_bytes())])
            .and_then(|template| template.render(&Values::none()))
            .unwrap();
        let is_recorded = |file: &FileDocuments| matches!(file, FileDocuments::Recorded(..));
        assert_eq!(output.rendered.files().any(is_recorded), *recorded, "{template}");
        assert_eq!(output.yaml().unwrap(), *expected, "{template}");
        let documents = output.documents().cloned().collect();
        let tree = print_documents(&DocumentSet { items: documents, ..DocumentSet::default() });
        assert_eq!(tree, *expected, "{template}");
        // Behind other text they begin anew.
        let mut text = "text\n".to_owned();
        output.write_yaml(&mut text).unwrap();
        assert_eq!(text, format!("text\n{expected}"), "{template}");
    }
}
