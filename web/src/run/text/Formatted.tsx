// A block of Markdown, of which nothing runs and nothing is fetched.

import ReactMarkdown, { type Components } from "react-markdown";
import rehypeSanitize from "rehype-sanitize";
import { words } from "../../words";
import { Away } from "../../ui/Away";
import { Copy } from "./Copy";
import { readGfm } from "../../ui/gfm";

export function Formatted({ text }: { text: string }) {
  return <div dir="auto"><ReactMarkdown remarkPlugins={[readGfm]} rehypePlugins={REHYPE} components={PARTS}>{text}</ReactMarkdown></div>;
}

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

interface Tree { value?: unknown; children?: unknown }

function textOf(node: unknown): string {
  const { value, children } = (node ?? {}) as Tree;
  return typeof value === "string" ? value : Array.isArray(children) ? children.map(textOf).join("") : "";
}
