// Words of a model as they are meant: Markdown, of which nothing runs and nothing is fetched.

import { Component, memo, type ReactNode } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import rehypeSanitize from "rehype-sanitize";
import remarkGfm from "remark-gfm";
import { words } from "../words";
import { type Block, blocksOf, safeUrl } from "./blocks";
import { Copy } from "./Copy";
import "./markdown.css";

const MOST = 120_000;
const TAIL = 20_000;

/** `isRaw`: to the letter. Of a text that is very long the end, as it comes. */
export function Markdown({ text, isRaw = false }: { text: string; isRaw?: boolean }) {
  if (text.length > MOST) {
    return (
      <>
        <p className="quiet small">{words.run.tail}</p>
        <pre className="verbatim" dir="auto">…{text.slice(-TAIL)}</pre>
      </>
    );
  }
  if (isRaw) return <pre className="verbatim" dir="auto">{text}</pre>;
  return <div className="markdown">{blocksOf(text).map((block, at) => <Piece key={at} text={block.text} isPlain={block.isPlain} />)}</div>;
}

const Piece = memo(function Piece({ text, isPlain }: Block) {
  if (isPlain) return <pre className="verbatim" dir="auto">{text}</pre>;
  return (
    <Unbroken text={text}>
      <div dir="auto">
        <ReactMarkdown remarkPlugins={[remarkGfm]} rehypePlugins={REHYPE} components={PARTS}>{text}</ReactMarkdown>
      </div>
    </Unbroken>
  );
});

const REHYPE = [htmlAsText, rehypeSanitize];

interface Marked { type: string; children?: unknown }

// HTML among the words is shown, as what it is: words.
function htmlAsText() {
  return function asText(node: Marked): void {
    if (node.type === "raw") node.type = "text";
    if (Array.isArray(node.children)) node.children.forEach(asText);
  };
}

// Pictures would be fetched from wherever the model says: they are led to instead.
const PARTS: Components = {
  a: ({ href, children }) => <Away url={href}>{children}</Away>,
  img: ({ src, alt }) => <Away url={typeof src === "string" ? src : null}>{words.run.picture} {alt}</Away>,
  pre: ({ children, node }) => (
    <div className="md-code">
      <Copy text={() => textOf(node)} small />
      <pre tabIndex={0}>{children}</pre>
    </div>
  ),
  table: ({ children }) => <div className="md-wide" tabIndex={0} role="group" aria-label={words.run.table}><table>{children}</table></div>,
  input: ({ checked }) => <span aria-hidden="true">{checked ? "☑" : "☐"}</span>,
};

/** A link to elsewhere, if it leads to a place of the web; else its words. */
export function Away({ url, children }: { url: string | null | undefined; children: ReactNode }) {
  const safe = safeUrl(url);
  return safe ? <a href={safe} target="_blank" rel="noreferrer noopener">{children}</a> : <span>{children}</span>;
}

interface Tree { value?: unknown; children?: unknown }

function textOf(node: unknown): string {
  const { value, children } = (node ?? {}) as Tree;
  return typeof value === "string" ? value : Array.isArray(children) ? children.map(textOf).join("") : "";
}

// What cannot be read as Markdown is shown as it came.
class Unbroken extends Component<{ text: string; children: ReactNode }, { isBroken: boolean }> {
  override state = { isBroken: false };
  static getDerivedStateFromError() { return { isBroken: true }; }
  override render() {
    return this.state.isBroken ? <pre className="verbatim" dir="auto">{this.props.text}</pre> : this.props.children;
  }
}
