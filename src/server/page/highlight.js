// Colours for YAML with ytt's code, Starlark and text templates: line by line, so that typing stays cheap.

const WORDS = new Set(
  "and break continue def elif else end for if in lambda load not or pass return while True False None".split(" "),
);
const CODE =
  /(#.*)|("(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)|(\b\d[\w.]*)|(@[\w/.-]+:?[\w/.-]*)|([A-Za-z_]\w*)|([^\w"'#@]+|.)/gy;

function code(text, out) {
  CODE.lastIndex = 0;
  for (let match; CODE.lastIndex < text.length && (match = CODE.exec(text)); ) {
    const [all, comment, string, number, annotation, word] = match;
    if (comment) out.push(["comment", all]);
    else if (string) out.push(["string", all]);
    else if (number) out.push(["number", all]);
    else if (annotation) out.push(["annotation", all]);
    else if (word) out.push([WORDS.has(word) ? "word" : "code", all]);
    else out.push(["code", all]);
  }
}

/** What stands behind `#` in YAML: ytt's code, its comments, others. */
function remark(text, out) {
  if (text.startsWith("#@/") || text.startsWith("#@ /")) out.push(["mark", "#@"], ["annotation", text.slice(2)]);
  else if (text.startsWith("#@")) {
    const annotation = /^#@[a-z][\w/-]*/.exec(text);
    if (annotation) {
      out.push(["mark", "#@"], ["annotation", annotation[0].slice(2)]);
      code(text.slice(annotation[0].length), out);
    } else {
      out.push(["mark", "#@"]);
      code(text.slice(2), out);
    }
  } else out.push(["comment", text]);
}

const KEY = /^(\s*(?:- +)*)("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#:"'[\]{},&*!|>%@-][^#:]*?|-[^\s#:-][^#:]*?)(\s*:)(?=\s|$)/;
const VALUE =
  /(\s#.*)|("(?:[^"\\]|\\.)*"?|'(?:[^']|'')*'?)|((?<=^|[\s[,:])(?:-?\d[\d._]*(?:e[+-]?\d+)?)(?=$|[\s,\]}]))|((?<=^|[\s[,:])(?:true|false|null|yes|no|on|off|~)(?=$|[\s,\]}]))|([&*!][\w!-]+)|(\S[^\s"'#]*|\s+)/gy;

function yaml(line, out) {
  const start = /^\s*/.exec(line)[0].length;
  if (line[start] === "#") {
    if (start) out.push(["", line.slice(0, start)]);
    remark(line.slice(start), out);
    return;
  }
  if (line.startsWith("---") || line.startsWith("...")) {
    out.push(["mark", line.slice(0, 3)]);
    line = line.slice(3);
  }
  const key = KEY.exec(line);
  if (key) {
    if (key[1]) out.push(["", key[1]]);
    out.push(["key", key[2]], ["", key[3]]);
    line = line.slice(key[0].length);
  }
  VALUE.lastIndex = 0;
  for (let match; VALUE.lastIndex < line.length && (match = VALUE.exec(line)); ) {
    const [all, comment, string, number, constant, anchor] = match;
    if (comment) {
      out.push(["", all[0]]);
      remark(all.slice(1), out);
    } else out.push([string ? "string" : number || constant ? "number" : anchor ? "annotation" : "", all]);
  }
}

function textTemplate(line, inside, out) {
  let rest = line;
  while (rest) {
    const mark = inside ? "@)" : "(@";
    const at = rest.indexOf(mark);
    const before = at < 0 ? rest : rest.slice(0, at);
    if (inside) code(before, out);
    else if (before) out.push(["", before]);
    if (at < 0) break;
    out.push(["mark", mark]);
    inside = !inside;
    rest = rest.slice(at + 2);
  }
  return inside;
}

/** How a file of this name is coloured. */
export function language(path) {
  if (/\.ya?ml$/i.test(path)) return "yaml";
  if (/\.(star|py)$/i.test(path)) return "starlark";
  if (/\.txt$/i.test(path)) return "text";
  return "none";
}

/**
 * The parts of a line, `[class, text]` each, and whether the next line begins within code. A line of
 * more than 2,000 characters is one part.
 */
export function parts(line, how, inside) {
  const out = [];
  if (line.length > 2000) return { parts: [["", line]], inside };
  if (how === "yaml") yaml(line, out);
  else if (how === "starlark") code(line, out);
  else if (how === "text") inside = textTemplate(line, inside, out);
  else out.push(["", line]);
  return { parts: out, inside };
}
