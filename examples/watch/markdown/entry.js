// What the pages take from elsewhere, in one file: see README.md.
import DOMPurify from "dompurify";
import { Marked } from "marked";
import remend from "remend";

globalThis.MarkdownParts = { DOMPurify, Marked, remend };
