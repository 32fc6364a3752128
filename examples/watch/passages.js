"use strict";
// Texts that grow while they are shown: `Plain` to the letter, `Prose` as Markdown.
//
// What a model says never enters as HTML of its own: tags in it are shown as they were written, and
// what the Markdown library makes is cleaned by DOMPurify down to the elements named here.

const { DOMPurify, Marked, remend } = globalThis.MarkdownParts;
const MOST_PROSE = 200_000;                                // characters: what is longer is shown to the letter
const TAGS = [
  "a", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "strong",
  "table", "tbody", "td", "th", "thead", "tr", "ul",
];
const CLEAN = { ALLOWED_TAGS: TAGS, ALLOWED_ATTR: ["href", "start"], ALLOWED_URI_REGEXP: /^(?:https?:|mailto:)/i, RETURN_DOM_FRAGMENT: true };
const REPAIR = { linkMode: "text-only", images: false, katex: false };

const markdown = new Marked({
  gfm: true,
  renderer: {
    html: ({ text }) => escaped(text),
    // Behind <code>, <pre> or <kbd> the library would let text through as it is.
    text(token) {
      token.escaped = false;
      return false;
    },
    // Nothing that was written stays unseen, where a link leads neither.
    def: ({ raw }) => `<p>${escaped(raw)}</p>\n`,
    checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
    // A picture would be fetched from whoever the model names, so it is a link to it.
    image: ({ href, text }) => `<a href="${escaped(href)}">${escaped(text || href)}</a>`,
    // The page itself has the first two levels.
    heading({ tokens, depth }) {
      const level = Math.min(Math.max(depth + 1, 3), 6);
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>\n`;
    },
  },
});

function escaped(text) {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.codePointAt(0)};`);
}

// A text to the letter: what is new is appended to one text node, the rest stays as it is.
class Plain {
  constructor(place) {
    this.node = place.appendChild(document.createTextNode(""));
    this.text = "";
  }

  show(text) {
    if (text === this.text) return 0;
    if (text.startsWith(this.text)) this.node.appendData(text.slice(this.text.length));
    else this.node.data = text;
    this.text = text;
    return 0;
  }
}

// A text as Markdown. Blocks that are finished are drawn once and stay; only the block being written
// is drawn again, with what is still open in it closed, so that nothing flickers.
class Prose {
  constructor(place) {
    this.place = place;
    this.text = "";
    this.isWhole = false;
    this.settled = 0;                                       // up to where blocks are finished
    this.open = [];                                         // the nodes of the block being written
    this.restUntil = 0;
  }

  // Shows the text; gives how many ms it would rather wait first, if drawing takes its time.
  show(given, isWhole) {
    const text = given.includes("\r") ? given.replace(/\r\n?/g, "\n") : given;
    if (text === this.text && isWhole === this.isWhole) return 0;
    const began = performance.now();
    if (!isWhole && began < this.restUntil) return this.restUntil - began;
    if (!text.startsWith(this.text) || (isWhole && LINK_TARGETS.test(text))) this.clear();
    this.draw(text.slice(this.settled), isWhole);
    this.text = text;
    this.isWhole = isWhole;
    const now = performance.now();
    this.restUntil = now + RESTS * (now - began);
    return 0;
  }

  draw(rest, isWhole) {
    const blocks = markdown.lexer(rest);
    const last = blocks.findLastIndex((block) => block.type !== "space");
    const finished = isWhole ? blocks.length : Math.max(last, 0);
    this.open.forEach((node) => node.remove());
    const done = blocks.slice(0, finished);
    this.place.append(...nodesOf(done));
    this.settled += done.reduce((sum, block) => sum + block.raw.length, 0);
    const written = blocks.slice(finished).map((block) => block.raw).join("").replace(isWhole ? NEVER : UNSURE, "");
    this.open = written.trim() ? nodesOf(markdown.lexer(remend(written, REPAIR))) : [];
    this.place.append(...this.open);
  }

  clear() {
    this.place.replaceChildren();
    this.settled = 0;
    this.open = [];
  }
}

const NEVER = /(?!)/;
const UNSURE = /(^|\n)[ \t]*(#{1,6}|[-*+>|~`]{1,3}|\d{1,3}[.)])[ \t]*$/;   // what it begins is not known yet
const RESTS = 8;                                            // times as long as drawing took
const LINK_TARGETS = /^ {0,3}\[[^\]]+\]:/m;                 // they may come behind where they are used

function nodesOf(blocks) {
  const part = DOMPurify.sanitize(markdown.parser(blocks), CLEAN);
  for (const link of part.querySelectorAll("a")) {
    if (!link.hasAttribute("href")) link.replaceWith(...link.childNodes);
    Object.assign(link, { target: "_blank", rel: "noopener noreferrer nofollow" });
  }
  for (const wide of part.querySelectorAll("pre, table")) frame(wide);
  return [...part.childNodes];
}

// What may be wider than the page scrolls by itself, also by keyboard; code can be copied.
function frame(wide) {
  const box = document.createElement("div");
  const isCode = wide.tagName === "PRE";
  box.className = isCode ? "wide code" : "wide";
  wide.replaceWith(box);
  const scroller = document.createElement("div");
  scroller.tabIndex = 0;
  scroller.setAttribute("role", "region");
  scroller.setAttribute("aria-label", isCode ? "Code" : "Table");
  scroller.append(wide);
  box.append(scroller);
  if (isCode && navigator.clipboard) box.append(copyButton(() => wide.textContent));
}

// A button that copies what `textOf` gives, and says that it did.
function copyButton(textOf) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "plain copy", textContent: "Copy" });
  button.onclick = async () => {
    await navigator.clipboard.writeText(textOf());
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  };
  return button;
}

// One text of a step, as Markdown or to the letter, whichever is asked for.
class Passage {
  constructor(place) {
    this.place = place;
    this.isRaw = null;
    this.isTooDeep = false;
    this.shown = null;
  }

  show(text, { isWhole, isRaw }) {
    const raw = isRaw || this.isTooDeep || text.length > MOST_PROSE;
    if (raw !== this.isRaw) {
      this.isRaw = raw;
      this.place.replaceChildren();
      this.place.classList.toggle("raw", raw);
      this.shown = raw ? new Plain(this.place) : new Prose(this.place);
    }
    this.place.hidden = !text;
    try {
      return this.shown.show(text, isWhole);
    } catch (failure) {
      if (raw) throw failure;
      this.isTooDeep = true;                                // nested deeper than the library goes
      return this.show(text, { isWhole, isRaw });
    }
  }
}

// A large text is read from its own address, with the ticket that reads the run; null if it cannot be had.
function urlOf(blob) {
  const url = new URL(blob.url, address);
  url.search = new URL(address).search;
  return url;
}

async function textOf(blob) {
  const response = await fetch(urlOf(blob)).catch(() => null);
  return response?.ok ? response.text() : null;
}

const MOST_HERE = 4 << 20;                                   // bytes that may be shown in the page

// A link to a large text, and a button that calls `show`, which tells whether it could be had.
function largeLinks(blob, show) {
  const url = urlOf(blob);
  const link = Object.assign(document.createElement("a"), {
    href: url, target: "_blank", rel: "noreferrer", textContent: `Open the whole text, ${bytes(blob.size_bytes)}`,
  });
  if (blob.size_bytes >= MOST_HERE) return [link];
  const button = Object.assign(document.createElement("button"), { type: "button", className: "plain", textContent: "Show it here" });
  button.onclick = async () => {
    if (await show()) button.remove();
    else tell("The text could not be fetched. Try again.");
  };
  return [link, " · ", button];
}
