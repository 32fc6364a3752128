"use strict";
// The calls of tools of one step: a line each, which opens to its arguments and its result.
//
// Both are texts of models and of anybody's services: they enter as text nodes, never as HTML.

const MOST_SHOWN = 6;                                        // the earlier ones fold into one line

class Calls {
  constructor(place) {
    this.place = place;
    this.lines = new Map();                                  // by turn and place in it
    this.earlier = document.createElement("details");
    this.earlier.className = "earlier";
    this.earlier.append(document.createElement("summary"));
    this.place.append(this.earlier);
  }

  // Shows these calls; `isOver`: what has not returned by now will not be heard of.
  show(calls, isOver) {
    this.place.hidden = !calls.length;
    const wanted = new Set(calls.map(keyOf));
    for (const [key, line] of this.lines) {
      if (!wanted.has(key)) {
        line.node.remove();
        this.lines.delete(key);
      }
    }
    const early = Math.max(0, calls.length - MOST_SHOWN);
    this.earlier.hidden = !early;
    say(this.earlier.firstElementChild, `${early} earlier call${early > 1 ? "s" : ""}`);
    calls.forEach((call, number) => {
      if (!this.lines.has(keyOf(call))) this.lines.set(keyOf(call), new CallLine());
      const line = this.lines.get(keyOf(call));
      line.show(call, isOver);
      const place = number < early ? this.earlier : this.place;
      const before = place.children[number < early ? number + 1 : number - early + 1] ?? null;
      if (before !== line.node) place.insertBefore(line.node, before);
    });
  }
}

function keyOf({ turn, index }) {
  return `${turn}.${index}`;
}

class CallLine {
  constructor() {
    this.node = $("call-template").content.firstElementChild.cloneNode(true);
    this.call = null;
    this.isOver = false;
    this.opened = null;                                      // the call whose texts are drawn
    this.node.ontoggle = () => this.draw();
  }

  show(call, isOver) {
    if (call === this.call && isOver === this.isOver) return;
    this.call = call;
    this.isOver = isOver;
    const part = (name) => this.node.querySelector(name);
    this.node.dataset.outcome = call.outcome ?? (isOver ? "none" : "");
    say(part(".tool-name"), call.tool);
    say(part(".gist"), argumentWords(call.input));
    say(part(".ending"), endingWords(call, isOver));
    this.draw();
  }

  // What is inside is drawn once somebody looks.
  draw() {
    if (!this.node.open || this.opened === this.call) return;
    this.opened = this.call;
    const { input, output, error, isCut } = this.call;
    const part = (name) => this.node.querySelector(name);
    showText(part(".arguments"), input, readable);
    sayOrHide(part(".call-error"), error && `${error.message} (${error.code})`);
    showText(part(".output"), output, (text) => text);
    part(".cut").hidden = !isCut;
  }
}

// A text to the letter under its heading, or where a large one is read.
function showText(place, content, form) {
  place.hidden = content === null;
  if (content === null) return;
  const body = place.querySelector("pre");
  const isLarge = typeof content !== "string";
  if (!isLarge) body.textContent = form(content) || "nothing";
  body.hidden = isLarge;
  const link = place.querySelector(".large");
  link.hidden = !isLarge;
  if (!isLarge || link.childElementCount) return;
  const show = async () => {
    const text = await textOf(content);
    if (text === null) return false;
    body.textContent = form(text);
    body.hidden = false;
    return true;
  };
  link.replaceChildren(...largeLinks(content, show));
}
