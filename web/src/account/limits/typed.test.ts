import { describe, expect, it } from "vitest";
import { bodyOf, typedOf, wrongIn } from "./typed";

const NONE = {
  runs_in_flight: null, runs_a_minute: null, stored_bytes: null, tokens_a_month: null, cost_usd_a_month: null, readers: null, steps_in_flight: null,
};

describe("limits as they are typed", () => {
  it("come back as they were", () => {
    const limits = { ...NONE, runs_in_flight: 200, stored_bytes: 1.5 * 2 ** 30, cost_usd_a_month: "250.500000", steps_in_flight: { default: 8, local: 2 } };
    expect(typedOf(limits)).toMatchObject({ stored_bytes: "1.5", cost_usd_a_month: "250.5", steps: "default=8 local=2", readers: "" });
    expect(bodyOf(typedOf(limits))).toEqual({ ...limits, cost_usd_a_month: "250.5" });
    expect(bodyOf(typedOf(NONE))).toEqual(NONE);
  });

  it("are refused where they are none", () => {
    const typed = { ...typedOf(NONE), runs_in_flight: "0", stored_bytes: "much", cost_usd_a_month: "-1", tokens_a_month: "1.5", steps: "default" };
    expect(Object.keys(wrongIn(typed))).toEqual(["runs_in_flight", "stored_bytes", "tokens_a_month", "cost_usd_a_month", "steps"]);
    expect(wrongIn({ ...typedOf(NONE), stored_bytes: "0.5", cost_usd_a_month: "10.25", steps: "default=1, local=2" })).toEqual({});
  });
});
