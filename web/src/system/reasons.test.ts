import { describe, expect, it } from "vitest";
import { idIn } from "./reasons";

describe("the run that is meant", () => {
  it("is an id, its beginning, or within a link", () => {
    const id = "01a22809-a4fc-7325-9fe3-e83625cef580";
    expect([idIn(` ${id.toUpperCase()} `), idIn("01a2"), idIn(`http://localhost:8080/w/default/runs/${id}?step=1`)]).toEqual([id, "01a2", id]);
    expect([idIn(""), idIn("01"), idIn("river"), idIn("../../etc")]).toEqual([null, null, null, null]);
  });
});
