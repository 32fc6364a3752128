import { describe, expect, it } from "vitest";
import { applied, conflictsOf, countOf, edited, idField, idsIn, isSame, markOf, moved, nodeField, nodeOf, rebased, waysField } from "./edits";

const SAVED = { name: "Haiku", model: "a", retry: { max_attempts: 3 } };

describe("edits", () => {
  it("are none where a field is again as it was", () => {
    const edits = edited({}, SAVED, "name", "Ode");
    expect(applied(SAVED, edits)).toEqual({ ...SAVED, name: "Ode" });
    expect(edited(edits, SAVED, "name", "Haiku")).toEqual({});
    expect(edited({}, SAVED, "retry", { max_attempts: 3 })).toEqual({});
  });

  it("take a field away", () => {
    expect(applied(SAVED, edited({}, SAVED, "model", undefined))).toEqual({ name: "Haiku", retry: SAVED.retry });
  });

  it("know what others changed meanwhile from what they alone changed", () => {
    const edits = edited(edited({}, SAVED, "name", "Ode"), SAVED, "model", "mine");
    const theirs = { ...SAVED, model: "theirs" };
    expect(conflictsOf(edits, theirs)).toEqual([
      { field: "name", mine: "Ode", theirs: "Haiku", isBoth: false },
      { field: "model", mine: "mine", theirs: "theirs", isBoth: true },
    ]);
    expect(applied(theirs, rebased(edits, theirs, (field) => field === "name"))).toEqual({ ...theirs, name: "Ode" });
  });

  it("are no conflict where both wrote the same", () => {
    expect(conflictsOf(edited({}, SAVED, "name", "Ode"), { ...SAVED, name: "Ode" })).toEqual([]);
  });

  it("have a mark for any value, whatever the order of its members", () => {
    expect(markOf({ a: 1, b: 2 })).toBe(markOf({ b: 2, a: 1 }));
    expect(markOf("a")).not.toBe(markOf("b"));
    expect(markOf(undefined)).not.toBe(markOf(null));
    expect(isSame({ a: [1] }, { a: [1] })).toBe(true);
    expect(isSame("1", 1)).toBe(false);
  });

  it("name fields of nodes with any id", () => {
    expect(nodeOf(nodeField('a"[/', "model"))).toEqual({ id: 'a"[/', name: "model", isId: false });
    expect(nodeOf(waysField('a"['))).toEqual({ id: 'a"[', name: null, isId: false });
    expect(nodeOf(idField('a"['))).toEqual({ id: 'a"[', name: null, isId: true });
    expect(nodeOf("name")).toBeNull();
  });

  it("go on under the ids, and of the edges, that were saved", () => {
    const sent = { [idField("a")]: { was: "", mine: "b" }, [idField("b")]: { was: "", mine: "a" }, [waysField("a")]: { was: "", mine: ["yes", null, "else"] } };
    const typed = { ...sent, [nodeField("a", "list")]: { was: "", mine: [null] }, [waysField("a")]: { was: "", mine: ["yes", null, null] } };
    expect(idsIn(sent)).toEqual(new Map([["a", "b"], ["b", "a"]]));
    const now = { [idField("a")]: "a", [idField("b")]: "b", [waysField("b")]: ["yes", "else"] };
    expect(Object.entries(rebased(moved(typed, sent), now, () => true)).map(([field, { mine }]) => [field, mine])).toEqual([
      [waysField("b"), ["yes", null]], [nodeField("b", "list"), [null]],
    ]);
    expect(rebased(moved(sent, sent), now, () => true)).toEqual({});
    expect(countOf(sent)).toBe(2);
  });
});
