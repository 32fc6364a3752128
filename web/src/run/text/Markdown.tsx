// Words of a model as they are meant: Markdown, of which nothing runs and nothing is fetched.

import { Component, memo, type ReactNode } from "react";
import { later } from "../../ui/later";
import { words } from "../../words";
import { type Block, blocksOf } from "./blocks";
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
  if (isRaw) return <Verbatim text={text} />;
  return <div className="markdown">{blocksOf(text).map((block, at) => <Piece key={at} text={block.text} isPlain={block.isPlain} />)}</div>;
}

// What reads Markdown comes once there is some: until then words are shown as they came.
const Formatted = later(() => import("./Formatted").then((found) => found.Formatted), Verbatim);

const Piece = memo(function Piece({ text, isPlain }: Block) {
  return isPlain ? <Verbatim text={text} /> : <Unbroken text={text}><Formatted text={text} /></Unbroken>;
});

// What cannot be read as Markdown is shown as it came.
class Unbroken extends Component<{ text: string; children: ReactNode }, { isBroken: boolean }> {
  override state = { isBroken: false };
  static getDerivedStateFromError() { return { isBroken: true }; }
  override render() {
    return this.state.isBroken ? <Verbatim text={this.props.text} /> : this.props.children;
  }
}

function Verbatim({ text }: { text: string }) {
  return <pre className="verbatim" dir="auto">{text}</pre>;
}
