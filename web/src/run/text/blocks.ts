// Markdown that grows, in blocks: only the last one is read again when words come.

export interface Block {
  readonly text: string;
  /** It would take long to read, or break: it is shown as it came. */
  readonly isPlain: boolean;
}

const LONGEST = 12_000;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;
// What nests without end: a thousand quotes, brackets or stars in a row.
const DEEP = /[>[\]*_~`!(]{60,}|(?:[>*+-] ?){60,}|(?:\[[^\]\n]{0,8}){60,}/;

/** The text in blocks, which are divided by blank lines outside of code; together they are the text. */
export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let begun = 0, fence = "";
  for (let at = 0; at < text.length;) {
    const end = text.indexOf("\n", at);
    const next = end < 0 ? text.length : end + 1;
    const line = text.slice(at, Math.min(next, at + 200));
    const mark = FENCE.exec(line)?.[1];
    if (mark && !fence) fence = mark;
    else if (mark && mark[0] === fence[0] && mark.length >= fence.length && line.trim() === mark) fence = "";
    at = next;
    if (!fence && line.trim() === "" && at > begun) {
      if (text.slice(begun, at).trim() !== "") blocks.push(block(text.slice(begun, at)));
      else if (blocks.length > 0) blocks[blocks.length - 1] = block(blocks.at(-1)!.text + text.slice(begun, at));
      else continue;
      begun = at;
    }
  }
  if (begun < text.length) blocks.push(block(text.slice(begun)));
  return blocks;
}

function block(text: string): Block {
  return { text, isPlain: text.length > LONGEST || DEEP.test(text) };
}
