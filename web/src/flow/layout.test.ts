import { describe, expect, it } from "vitest";
import { byDagre } from "./byDagre";
import { type Place, nodesOf, placeIn } from "./drawn";
import { inLayers } from "./layers";
import { WIDTH } from "./box";
import { arePlaced, asDrawn, type Laid, type ToLay } from "./layout";

const HEIGHT = 100;

function chain(places: readonly (Place | null)[], aspect: number | null = null): ToLay {
  const lines = places.slice(1).map((_, n) => ({ from: n, to: n + 1 }));
  return { boxes: places.map((place) => ({ height: HEIGHT, place })), lines, aspect, isArranged: false };
}

function nobodyDrew(count: number, aspect: number | null = null): ToLay {
  return chain(Array.from({ length: count }, () => null), aspect);
}

function areApart({ places }: Laid): boolean {
  return places.every((a, n) => places.every((b, m) => m <= n || Math.abs(a.x - b.x) >= WIDTH || Math.abs(a.y - b.y) >= HEIGHT));
}

describe("a flow that was drawn", () => {
  it("stands as it was drawn", () => {
    expect(asDrawn(chain([{ x: 0, y: 0 }, { x: 400, y: 0 }]))).toEqual({ places: [{ x: 0, y: 0 }, { x: 400, y: 0 }], isDown: false, isDrawn: true });
    expect(asDrawn(chain([{ x: 0, y: 0 }, { x: 0, y: 400 }]))).toMatchObject({ isDown: true });
    expect(asDrawn(chain([]))).toMatchObject({ places: [] });
  });

  it("is spread until none lies on another, however many there are", () => {
    const tight = asDrawn(chain([{ x: 0, y: 0 }, { x: 150, y: 0 }]))!;
    expect(tight.places[1]!.x).toBeGreaterThanOrEqual(WIDTH);
    const many = asDrawn(chain(Array.from({ length: 900 }, (_, n) => ({ x: (n % 30) * 200, y: Math.floor(n / 30) * 90 + (n % 2) }))))!;
    expect(areApart(many)).toBe(true);
  });

  it("has a row below for the few that have no place", () => {
    expect(asDrawn(chain([{ x: 5, y: 0 }, null, { x: 400, y: 300 }, null]))?.places).toEqual([{ x: 5, y: 0 }, { x: 5, y: 500 }, { x: 400, y: 300 }, { x: 301, y: 500 }]);
  });

  it("moves the few that lie on others, and leaves the rest where it is", () => {
    const row = Array.from({ length: 8 }, (_, n) => ({ x: n * 300, y: 0 }));
    const { places } = asDrawn(chain([...row, { x: 20, y: 20 }]))!;
    expect(places.slice(0, 8)).toEqual(row);
    expect(places[8]).toEqual({ x: 20, y: HEIGHT + 8 });
    const twelve = asDrawn(chain([...row, ...row.map(({ x }) => ({ x, y: 300 })), { x: 10, y: 30 }, { x: 10, y: 60 }]))!;
    expect(areApart(twelve)).toBe(true);
  });

  it("leads to the right where it fans out however far, and down where it does", () => {
    const fan = (count: number) => Array.from({ length: count }, (_, n) => n + 1);
    const workers = fan(12).map((n) => ({ x: 300, y: (n - 6.5) * 120 }));
    const boxes = [{ x: 0, y: 0 }, ...workers, { x: 600, y: 0 }].map((place) => ({ height: HEIGHT, place }));
    const lines = fan(12).flatMap((n) => [{ from: 0, to: n }, { from: n, to: 13 }]);
    const flow = { boxes, lines, aspect: null, isArranged: false };
    expect(asDrawn(flow)?.isDown).toBe(false);
    const turned = boxes.map(({ height, place }) => ({ height, place: { x: place.y * 3, y: place.x } }));
    expect(asDrawn({ ...flow, boxes: turned })?.isDown).toBe(true);
  });

  it("is laid out anew where a program filled in the places, row by row", () => {
    const grid = Array.from({ length: 9 }, (_, n) => ({ x: (n % 3) * 250, y: Math.floor(n / 3) * 120 }));
    expect(asDrawn(chain(grid))).toBeNull();
    expect(arePlaced(chain(grid).boxes)).toBe(false);
    expect(asDrawn(chain(grid.with(4, { x: 251, y: 120 })))).not.toBeNull();
  });

  it("takes no time to speak of where thousands lie on one spot", () => {
    const spot = chain([...Array.from({ length: 3_000 }, () => ({ x: 5, y: 5 })), ...Array.from({ length: 9_000 }, (_, n) => ({ x: 1_000 + (n % 90) * 300, y: Math.floor(n / 90) * 120 }))]);
    expect(asDrawn(spot)).toBeNull();
  });

  it("is laid out anew where most have no place, or they lie on each other however far apart", () => {
    expect(asDrawn(chain([{ x: 0, y: 0 }, null, null]))).toBeNull();
    expect(asDrawn(chain([{ x: 7, y: 7 }, { x: 7, y: 7 }]))).toBeNull();
    expect(asDrawn({ ...chain([{ x: 0, y: 0 }, { x: 400, y: 0 }]), isArranged: true })).toBeNull();
  });

  it("may have notes and groups under its steps", () => {
    const [step, other] = chain([{ x: 0, y: 0 }, { x: 400, y: 0 }]).boxes;
    const group = { height: HEIGHT, place: { x: 0, y: 0 }, isLoose: true };
    expect(asDrawn({ boxes: [group, step!, other!], lines: [], aspect: null, isArranged: false })?.places[2]).toEqual({ x: 400, y: 0 });
  });
});

describe("a flow that nobody drew", () => {
  it.each([["by dagre", byDagre], ["in layers", inLayers]])("leads to the right %s, and none lies on another", (_, lay) => {
    const laid = lay({ ...nobodyDrew(6), lines: [[0, 1], [0, 2], [0, 3], [1, 4], [2, 4], [4, 5], [0, 1]].map(([from, to]) => ({ from: from!, to: to! })) });
    const along = [0, 1, 4, 5].map((n) => laid.places[n]!.x);
    expect(along).toEqual(along.toSorted((a, b) => a - b));
    expect(new Set(along).size).toBe(4);
    expect(areApart(laid)).toBe(true);
  });

  it.each([["by dagre", byDagre], ["in layers", inLayers]])("has a place for each %s where they stand in a circle, or lead to themselves", (_, lay) => {
    const { places } = lay({ ...nobodyDrew(3), lines: [{ from: 0, to: 1 }, { from: 1, to: 0 }, { from: 2, to: 2 }] });
    expect(places.map(({ x, y }) => Number.isFinite(x + y))).toEqual([true, true, true]);
    expect(lay(nobodyDrew(0)).places).toEqual([]);
  });

  it("goes down where that needs much less room, unless it may not", () => {
    const down = byDagre(nobodyDrew(9, 1.25));
    expect(down.isDown).toBe(true);
    expect(down.places.slice(1).every((place, n) => place.y - down.places[n]!.y >= HEIGHT)).toBe(true);
    expect(byDagre(nobodyDrew(9)).isDown).toBe(false);
  });

  it("takes no time to speak of in layers: 5,000, each in a place of its own", () => {
    const lines = Array.from({ length: 5_000 }, (_, n) => ({ from: Math.floor(n / 3), to: n })).slice(1);
    const { places } = inLayers({ ...nobodyDrew(5_000), lines });
    expect(new Set(places.map(({ x, y }) => `${x},${y}`)).size).toBe(5_000);
  });
});

describe("the place of a node", () => {
  const at = (x: unknown, y: unknown) => ({ position: { x, y } });
  const where = (nodes: unknown, id: string) => placeIn(nodesOf({ nodes }), id);

  it("is told from the corners of the groups it was drawn in", () => {
    const nodes = [{ id: "outer", ...at(100, 10) }, { id: "inner", parentNode: "outer", ...at(50, 20) }, { id: "a", parentId: "inner", ...at(5, 5) }];
    expect(where(nodes, "a")).toEqual({ x: 155, y: 35 });
    expect(where([{ id: "a", parentId: "gone", ...at(5, 5) }], "a")).toEqual({ x: 5, y: 5 });
    expect(where([{ id: "a", ...at(1, 1) }, { id: "a", ...at(2, 2) }], "a")).toEqual({ x: 1, y: 1 });
  });

  it.each([[[]], [5], [[null, 3]], [[{ id: "a" }]], [[{ id: "a", ...at("1", 2) }]], [[{ id: "a", ...at(1e99, 0) }]], [[{ id: "a", position: null }]]])(
    "is none where nothing of it can be read: %j", (nodes) => expect(where(nodes, "a")).toBeNull());

  it("ends with groups that are in each other", () => {
    expect(where([{ id: "a", parentId: "b", ...at(1, 1) }, { id: "b", parentId: "a", ...at(1, 1) }], "a")).not.toBeNull();
  });
});
