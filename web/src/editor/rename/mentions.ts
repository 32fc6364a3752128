// Where texts of a flow name a node, and the same texts with another name in its place. Templates are
// read as shared/flow/template.py reads them, expressions as shared/flow/cel_reads.py.

/** Which members of JSON are nodes: a merge puts out an object by the ids of those it joins. */
export interface Merged {
  membersOf(node: string): ReadonlySet<string> | null;
  membersOfInput: ReadonlySet<string> | null;
  isStep(id: string): boolean;
}

interface Piece {
  from: number;
  to: number;
  text: string;
}

/** The template with `to` wherever it names the node `from`. */
export function templateRenamed(template: string, from: string, to: string, merged: Merged): string {
  const [first = "", ...rest] = template.split("{{");
  return [first, ...rest.map((part) => {
    const extra = part.startsWith("{") ? 1 : 0;
    return part.slice(0, extra) + bodyRenamed(part.slice(extra), from, to, merged);
  })].join("{{");
}

function bodyRenamed(body: string, from: string, to: string, merged: Merged): string {
  const input = /^\s*input(?=\.json[.}\s])/.exec(body);
  if (input) {
    const close = body.indexOf("}}", input[0].length);
    return close < 0 ? body : pathRenamed(body, input[0].length + 5, close, merged.membersOfInput, from, to, merged);
  }
  const start = /^\s*nodes\./.exec(body)?.[0].length;
  if (start === undefined) return body;
  const found = nodeIn(body, start, merged);
  if (!found) return body;
  const behind = found.path === null ? body : pathRenamed(body, found.path, body.indexOf("}}", start), merged.membersOf(found.id), from, to, merged);
  return found.id === from ? behind.slice(0, start) + to + behind.slice(start + from.length) : behind;
}

/** Which node `nodes.ID.output` or `nodes.ID.json.PATH` is of, and where its path begins. */
function nodeIn(body: string, start: number, merged: Merged): { id: string; path: number | null } | null {
  const close = body.indexOf("}}", start);
  const typed = close < 0 ? null : typedIn(body.slice(start, close).trimEnd(), merged);
  const whole = /\.output\s*\}\}/g;
  whole.lastIndex = start;
  const end = whole.exec(body);
  if (end) {
    const id = body.slice(start, end.index);
    const isNearer = whole.lastIndex === close + 2 && !(typed && merged.isStep(typed));
    if (typed === null || merged.isStep(id) || isNearer) return { id, path: null };
  }
  return typed === null ? null : { id: typed, path: start + typed.length + 5 };
}

/** Of each way to end an id at `.json` the first that is a step, or else the first. */
function typedIn(text: string, merged: Merged): string | null {
  let first: string | null = null;
  for (let at = text.indexOf(".json", 1), splits = 0; at > 0 && splits < 16; at = text.indexOf(".json", at + 5)) {
    const rest = text.slice(at + 5);
    if (rest && !rest.startsWith(".")) continue;
    splits++;
    const id = text.slice(0, at);
    if (!/^(\.[^.]+)*$/s.test(rest)) continue;
    if (merged.isStep(id)) return id;
    first ??= id;
  }
  return first;
}

/** The body whose path `.a.b` from `start` to `close` names a member that is the node. */
function pathRenamed(body: string, start: number, close: number, members: ReadonlySet<string> | null, from: string, to: string, merged: Merged): string {
  const path = body.slice(start, close);
  const names = path.trimEnd().split(".");
  const renamed = membersRenamed(names.slice(1), members, from, to, merged);
  return renamed ? body.slice(0, start) + ["", ...renamed].join(".") + path.slice(path.trimEnd().length) + body.slice(close) : body;
}

/** Members along a path, the node by its new name; null where it is not among them. */
function membersRenamed(names: readonly string[], members: ReadonlySet<string> | null, from: string, to: string, merged: Merged): string[] | null {
  let isFound = false;
  const next = names.map((name) => {
    const isMember = members?.has(name) ?? false;
    members = isMember ? merged.membersOf(name) : null;
    if (!isMember || name !== from) return name;
    isFound = true;
    return to;
  });
  return isFound ? next : null;
}

const ESCAPE = String.raw`\\(?:[abfnrtv"'\\?${"`"}]|[xX][0-9a-fA-F]{2}|[0-3][0-7]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})`;
const WORD = new RegExp([
  String.raw`//[^\n]*`, String.raw`[bB]?[rR](?:'''[^]*?'''|"""[^]*?"""|'[^'\n\r]*'|"[^"\n\r]*")`,
  String.raw`'''(?:${ESCAPE}|(?!''')[^\\])*'''`, String.raw`"""(?:${ESCAPE}|(?!""")[^\\])*"""`,
  String.raw`'(?:${ESCAPE}|[^'\\\n\r])*'`, String.raw`"(?:${ESCAPE}|[^"\\\n\r])*"`,
  "`[A-Za-z0-9_./ -]+`", String.raw`\w+`, String.raw`&&|\|\||[=!<>]=|[()\[\]{}<>!+*%?:,./-]`,
].join("|"), "g");

/** The expression with `to` wherever it names the node `from`. */
export function expressionRenamed(expression: string, from: string, to: string, merged: Merged): string {
  const words = [...expression.matchAll(WORD)].map((match) => ({ from: match.index, to: match.index + match[0].length, text: match[0] })).filter((word) => !word.text.startsWith("//"));
  const pieces: Piece[] = [];
  for (const at of usesOf(words, "json")) selectedOf(words, at + 1, merged.membersOfInput, from, to, merged, pieces);
  for (const at of usesOf(words, "nodes")) {
    const node = selectorAt(words, at + 1);
    if (!node) continue;
    if (node.name === from) pieces.push(selected(node, to));
    const part = selectorAt(words, node.next);
    if (part?.name === "json") selectedOf(words, part.next, merged.membersOf(node.name), from, to, merged, pieces);
  }
  return pieces.sort((a, b) => b.from - a.from).reduce((text, piece) => text.slice(0, piece.from) + piece.text + text.slice(piece.to), expression);
}

/** Where a variable is used: a field of that name is none, and nor is what a macro calls so. */
function usesOf(words: readonly Piece[], name: string): number[] {
  const isField = (at: number) => words[at - 1]?.text === "." && /[\w`'")\]}]$/.test(words[at - 2]?.text ?? "");
  const uses = words.flatMap((word, at) => (word.text === name && !isField(at) ? [at] : []));
  return uses.some((at) => words[at + 1]?.text === ",") ? [] : uses;
}

interface Selector {
  from: number;
  to: number;
  name: string;
  next: number;
}

/** `.name` or `["name"]` at a word; null for a call and what is computed. */
function selectorAt(words: readonly Piece[], at: number): Selector | null {
  const [sign, word, behind] = words.slice(at, at + 3);
  if (!sign || !word) return null;
  if (sign.text === "." && behind?.text !== "(" && /^(`[^`]+`|[A-Za-z_]\w*)$/.test(word.text)) {
    return { from: sign.from, to: word.to, name: word.text.replaceAll("`", ""), next: at + 2 };
  }
  const text = /^[rR]?(?:'([^'\n]*)'|"([^"\n]*)")$/.exec(word.text);
  if (sign.text !== "[" || behind?.text !== "]" || !text || (!/^[rR]/.test(word.text) && word.text.includes("\\"))) return null;
  return { from: sign.from, to: behind.to, name: text[1] ?? text[2] ?? "", next: at + 3 };
}

function selectedOf(words: readonly Piece[], at: number, members: ReadonlySet<string> | null, from: string, to: string, merged: Merged, pieces: Piece[]): void {
  for (let found = selectorAt(words, at); found && members?.has(found.name); found = selectorAt(words, found.next)) {
    if (found.name === from) pieces.push(selected(found, to));
    members = merged.membersOf(found.name);
  }
}

/** Words of the language, which are no names of members. */
const KEPT: ReadonlySet<string> = new Set([
  "as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop", "namespace",
  "null", "package", "return", "true", "var", "void", "while",
]);

function selected({ from, to }: Selector, name: string): Piece {
  const isPlain = /^[A-Za-z_]\w*$/.test(name) && !KEPT.has(name);
  return { from, to, text: isPlain ? `.${name}` : `["${name}"]` };
}
