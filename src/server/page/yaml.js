// Writing YAML, and changing one value in YAML text without touching the rest: comments and order stay.
// Reading YAML is the server's.

const PLAIN = /^[A-Za-z_/][\w ./@-]*$/;
const WORDS = /^(y|yes|n|no|true|false|on|off|null)$/i;

function scalar(value) {
  if (typeof value !== "string") return JSON.stringify(value);
  if (PLAIN.test(value) && !WORDS.test(value) && value === value.trim()) return value;
  return JSON.stringify(value).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029").replaceAll("\u0085", "\\u0085");
}

const isMap = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const isEmpty = (value) => typeof value === "object" && value !== null && Object.keys(value).length === 0;

/** Lines of a value in block style. */
function block(value, indent) {
  const space = " ".repeat(indent);
  if (Array.isArray(value)) {
    return value.flatMap((item) => {
      if (typeof item !== "object" || item === null || isEmpty(item)) return [`${space}- ${scalar(item)}`];
      const [first, ...rest] = block(item, indent + 2);
      return [`${space}- ${first.slice(indent + 2)}`, ...rest];
    });
  }
  return Object.entries(value).flatMap(([key, item]) => entry(key, item, indent));
}

function entry(key, value, indent) {
  const start = `${" ".repeat(indent)}${scalar(key)}:`;
  if (typeof value !== "object" || value === null || isEmpty(value)) return [`${start} ${scalar(value)}`];
  return [start, ...block(value, Array.isArray(value) ? indent : indent + 2)];
}

/** A map as YAML text; nothing for an empty one. */
export function print(value) {
  return isEmpty(value) ? "" : `${block(value, 0).join("\n")}\n`;
}

/** The value at a path of keys. */
export function at(tree, path) {
  return path.reduce((value, key) => (value !== null && typeof value === "object" && Object.hasOwn(value, key) ? value[key] : undefined), tree);
}

/** A copy of a tree with a value at a path; without the key, and maps that it leaves empty, if it is undefined. */
export function put(tree, [key, ...rest], value) {
  const copy = isMap(tree) ? { ...tree } : {};
  const inner = rest.length === 0 ? value : put(copy[key], rest, value);
  if (inner === undefined || (value === undefined && rest.length > 0 && isEmpty(inner))) delete copy[key];
  else copy[key] = inner;
  return copy;
}

const blank = (line) => /^\s*(#|$)/.test(line);
const indentOf = (line) => /^ */.exec(line)[0].length;
const KEY = /^ *("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#:"'[\]{},&*!|>%@-][^#:]*?|-[^\s#:-][^#:]*?)\s*:(?=\s|$)/;

function keyOf(line) {
  const found = KEY.exec(line)?.[1];
  if (found === undefined) return undefined;
  if (found[0] === "'") return found.slice(1, -1).replaceAll("''", "'");
  if (found[0] !== '"') return found;
  try {
    return JSON.parse(found);
  } catch {
    return undefined;
  }
}

/**
 * Where the node of a key stands: `from` its line, `to` the line after it, looked for among the lines
 * `[start, end)` with the given indent.
 */
function find(lines, key, start, end, indent) {
  for (let from = start; from < end; from++) {
    if (blank(lines[from]) || indentOf(lines[from]) !== indent || keyOf(lines[from]) !== key) continue;
    let to = from + 1;
    for (let next = to; next < end; next++) {
      if (blank(lines[next])) continue;
      const deep = indentOf(lines[next]);
      if (deep < indent || (deep === indent && !/^ *-( |$)/.test(lines[next]))) break;
      to = next + 1;
    }
    return { from, to };
  }
  return undefined;
}

/** What stands behind the key on its line, and its comment. */
function behind(line) {
  const rest = line.slice(KEY.exec(line)[0].length);
  const found = /^(\s*(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|(?:[^\s#]|#(?<=\S#)|\s(?!\s*#))*))(\s+#.*)?$/.exec(rest);
  return { value: (found?.[1] ?? rest).trim(), comment: found?.[2] ?? "" };
}

/**
 * Sets the value at a path in YAML text, or takes it out if the value is undefined. `tree` is what the
 * text holds.
 */
export function edit(text, tree, path, value) {
  const changed = put(isMap(tree) ? tree : {}, path, value);
  const lines = text.replace(/\n$/, "").split("\n");
  // The last document counts.
  let start = lines.findLastIndex((line) => /^---(\s|$)/.test(line)) + 1;
  const whole = () => {
    const head = lines.slice(0, start);
    return [...head, print(changed)].join("\n");
  };
  if (lines.slice(start).every(blank)) {
    const head = lines.filter((line) => line !== "");
    return value === undefined ? text : [...head, print(changed)].join("\n");
  }
  let end = lines.length;
  let indent = indentOf(lines.slice(start).find((line) => !blank(line)));
  for (let depth = 0; depth < path.length; depth++) {
    const found = find(lines, path[depth], start, end, indent);
    const here = path.slice(0, depth + 1);
    const node = at(changed, here);
    if (found === undefined) {
      if (value === undefined) return whole();
      // A map of block style gets another key behind its last line.
      if (keyOf(lines.slice(start, end).find((line) => !blank(line)) ?? "") === undefined) return whole();
      while (end > start && blank(lines[end - 1])) end--;
      lines.splice(end, 0, ...entry(path[depth], node, indent));
      return `${lines.join("\n")}\n`;
    }
    const inline = behind(lines[found.from]);
    const inner = lines.slice(found.from + 1, found.to).find((line) => !blank(line));
    const deeper = inner !== undefined && inline.value === "" && indentOf(inner) > indent;
    if (node === undefined || depth === path.length - 1 || !deeper) {
      const fresh = node === undefined ? [] : entry(path[depth], node, indent);
      if (fresh.length > 0 && (fresh.length === 1 || inline.value === "")) fresh[0] += inline.comment;
      lines.splice(found.from, found.to - found.from, ...fresh);
      const out = lines.join("\n");
      return out === "" || out.endsWith("\n") ? out : `${out}\n`;
    }
    [start, end, indent] = [found.from + 1, found.to, indentOf(inner)];
  }
  return whole();
}
