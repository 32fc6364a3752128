// GitHub's Markdown, read and never written: `remark-gfm` brings what writes it, too.

import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import type {} from "remark-parse";
import type { Processor } from "unified";

/** A plugin of remark: tables, task lists, strikethrough, footnotes and bare links. */
export function readGfm(this: Processor): void {
  const data = this.data();
  (data.micromarkExtensions ??= []).push(gfm());
  (data.fromMarkdownExtensions ??= []).push(gfmFromMarkdown());
}
