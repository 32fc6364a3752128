import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, test } from "vitest";
import { safeUrl } from "../../ui/safeUrl";
import { blocksOf } from "./blocks";
import { Formatted } from "./Formatted";
import { Markdown } from "./Markdown";
import { decoded, PAGE_BYTES, pagesOf } from "./stretches";
import { filled } from "../story/Asked";

const shown = (text: string) => renderToStaticMarkup(<Formatted text={text} />);

describe("blocks", () => {
  test.each([
    "", "one", "one\n\ntwo\n", "\n\n\none\n\n\n\ntwo", "```\na\n\nb\n```\n\nend", "~~~\n```\n\n~~~\nx", "```never\n\nclosed", "a\r\n\r\nb",
  ])("are together the text: %j", (text) => {
    expect(blocksOf(text).map((each) => each.text).join("").trim()).toBe(text.trim());
  });

  test("stay as they are while words come behind them, and code is never cut", () => {
    const text = "One.\n\nTwo.\n\n```\na\n\nb\n```\n\nThree";
    const before = blocksOf(text), after = blocksOf(`${text} and more.`);
    expect(after.slice(0, -1)).toEqual(before.slice(0, -1));
    expect(before.some((each) => each.text.includes("a\n\nb"))).toBe(true);
  });

  test.each(["[".repeat(5_000), ">".repeat(5_000), "* ".repeat(5_000), "x".repeat(20_000), "[a](".repeat(100) + "(".repeat(100)])(
    "that would take for ever are shown as they came", (text) => {
      expect(blocksOf(text).every((each) => each.isPlain)).toBe(true);
    });
});

describe("Markdown", () => {
  test("runs nothing and leads nowhere but to the web", () => {
    const html = shown("Words <script>alert(1)</script> <img src='x' onerror='alert(1)'> [bad](javascript:alert(1)) [data](data:text/html,x) [good](https://example.org/a) ![p](https://example.org/p.png)");
    expect(html).not.toMatch(/<script|<img|href="(?!https:)|src="/);
    expect(html).toContain("&lt;script&gt;alert(1)");
    expect(html).toContain('<a href="https://example.org/a" target="_blank" rel="noreferrer noopener">');
  });

  test("has right-to-left texts their own way, and keeps emoji whole", () => {
    const html = shown("שלום עולם 👩‍👩‍👧‍👦");
    expect(html).toContain('dir="auto"');
    expect(html).toContain("👩‍👩‍👧‍👦");
  });

  test.each(["**bold", "```js\nx", "| a |\n|--", "[a](<", "&#x110000; &#0;", "~~~", "- \n - \n  - ", "\u0000\ud800"])("that is broken is shown all the same: %j", (text) => {
    expect(() => shown(text)).not.toThrow();
  });

  test("of a very long text is its end", () => {
    expect(renderToStaticMarkup(<Markdown text={"x".repeat(300_000)} />).length).toBeLessThan(30_000);
  });

  test.each([["https://a.b/c", "https://a.b/c"], ["javascript:alert(1)", null], [" java\nscript:alert(1)", null], ["/relative", null], ["", null], ["mailto:a@b", null]])("an address %j leads to %j", (url, to) => {
    expect(safeUrl(url)).toBe(to);
  });
});

describe("a large text", () => {
  test("is read by stretches that cut no character, and miss none", () => {
    const text = "aé漢👩‍👩‍👧‍👦".repeat(3_000), bytes = new TextEncoder().encode(text);
    let whole = "";
    for (let page = 0; page < pagesOf(bytes.length); page++) {
      const start = page * PAGE_BYTES, end = Math.min(start + PAGE_BYTES, bytes.length);
      whole += decoded(bytes.slice(start, Math.min(end + 4, bytes.length)), start, end);
    }
    expect(whole).toBe(text);
  });
});

test("instructions are shown as the model got them", () => {
  expect(filled("To {{who}}, {{ variables.tone }}: {{input}} {{toString}}", { who: "Ada", tone: "calm" })).toBe("To Ada, calm: {{input}} {{toString}}");
});
