"use strict";
// The flow at a glance: one small box a step, in columns by how many steps come before it.

const MOST_DRAWN = 150;
const BOX = { width: 136, height: 30, across: 34, down: 10 };   // px
const SVG = "http://www.w3.org/2000/svg";

// Gives for each step its column and its row; steps come after those they take texts from.
function placesOf(steps) {
  const columns = [];
  const rows = [];
  return steps.map(({ after: comes }) => {
    const column = Math.max(-1, ...comes.map(({ step }) => columns[step])) + 1;
    columns.push(column);
    rows[column] = (rows[column] ?? -1) + 1;
    return { column, row: rows[column] };
  });
}

// Draws the steps into `place`; gives their boxes, or none if there are too many to be seen.
function drawShape(place, steps) {
  if (steps.length < 2 || steps.length > MOST_DRAWN) return [];
  const places = placesOf(steps);
  const inColumn = (column) => places.filter((each) => each.column === column).length;
  const columns = Math.max(...places.map(({ column }) => column)) + 1;
  const most = Math.max(...Array.from({ length: columns }, (_, column) => inColumn(column)));
  const spots = places.map(({ column, row }) => ({
    x: column * (BOX.width + BOX.across),
    y: (row + (most - inColumn(column)) / 2) * (BOX.height + BOX.down),
  }));
  const canvas = document.createElement("div");
  canvas.className = "canvas";
  canvas.style.width = `${columns * (BOX.width + BOX.across) - BOX.across}px`;
  canvas.style.height = `${most * (BOX.height + BOX.down) - BOX.down}px`;
  const lines = document.createElementNS(SVG, "svg");
  lines.setAttribute("aria-hidden", "true");
  const boxes = steps.map((step, number) => {
    for (const { step: from } of step.after) lines.append(line(spots[from], spots[number], from, number));
    return box(step, spots[number]);
  });
  canvas.append(lines, ...boxes);
  place.replaceChildren(canvas);
  place.hidden = false;
  return boxes;
}

function line(from, to, source, target) {
  const [x, y, u, v] = [from.x + BOX.width, from.y + BOX.height / 2, to.x, to.y + BOX.height / 2];
  const bend = Math.max(BOX.across / 2, (u - x) / 2);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", `M${x} ${y} C${x + bend} ${y} ${u - bend} ${v} ${u} ${v}`);
  path.dataset.source = source;
  path.dataset.target = target;
  return path;
}

function box(step, { x, y }) {
  const link = document.createElement("a");
  link.href = `#step-${step.step}`;
  link.title = nameOf(step);
  link.style.left = `${x}px`;
  link.style.top = `${y}px`;
  link.append(dot(), Object.assign(document.createElement("span"), { textContent: nameOf(step) }));
  return link;
}

function dot() {
  return Object.assign(document.createElement("span"), { className: "dot" });
}

function nameOf({ label, node }) {
  return label || node;
}
