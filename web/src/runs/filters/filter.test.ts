import { describe, expect, it } from "vitest";
import { filterOf, isEmpty, jobOf, localOf, metadataIn, momentIn, queryOf, wrongIn } from "./filter";

const NOW = Date.parse("2030-01-31T12:00:00Z");
const of = (address: string) => filterOf(new URLSearchParams(address));

describe("a filter of the address", () => {
  it("asks for what it says", () => {
    const filter = of("status=failed,waiting&tags=prod team:poets&metadata=ticket=A-17 size=3&since=24h&who=nightly");
    expect(queryOf(filter, NOW)).toMatchObject({
      status: "waiting,failed", tags: "prod,team:poets", metadata: '{"ticket":"A-17","size":3}',
      created_after: "2030-01-30T12:00:00.000Z", requested_by: "nightly", search: null, waiting_for_me: null,
    });
  });

  it("asks for when runs ended, and for any two moments", () => {
    expect(queryOf(of("since=1h&ended=1"), NOW)).toMatchObject({ ended_after: "2030-01-31T11:00:00.000Z" });
    const between = queryOf(of("since=dates&from=2030-01-02T10:00Z&to=2030-01-03T10:00Z"), NOW);
    expect(between).toMatchObject({ created_after: "2030-01-02T10:00:00.000Z", created_before: "2030-01-03T10:00:00.000Z" });
    const until = queryOf(of("since=dates&ended=1&to=2030-01-03T10:00Z&from=nonsense"), NOW);
    expect(until).toMatchObject({ ended_before: "2030-01-03T10:00:00.000Z" });
    expect(Object.keys(until)).not.toContain("ended_after");
    expect(wrongIn(of("since=dates&from=2030-01-03T10:00Z&to=2030-01-02T10:00Z"))).toEqual({ to: "to" });
  });

  it("has moments by the clock of who looks", () => {
    const moment = "2030-07-01T10:00:00.000Z";
    expect(momentIn(localOf(moment))).toBe(moment);
    expect([localOf(""), momentIn("12030-01-01T00:00Z"), momentIn("0000-01-01")]).toEqual(["", "", ""]);
  });

  it("passes over what is none", () => {
    expect(isEmpty(of("status=nonsense&since=9y&else=1"))).toBe(true);
    expect(isEmpty(of("since=constructor"))).toBe(true);
    expect(isEmpty(of("mine=1"))).toBe(false);
  });

  it("says what is wrong, and does not ask for that", () => {
    const filter = of("search=a&tags=%3C%3E&metadata=nothing&id=xyz");
    expect(Object.keys(wrongIn(filter))).toEqual(["search", "tags", "metadata", "id"]);
    const asked = queryOf(filter, NOW);
    expect([asked.search, asked.tags, asked.metadata, asked.id_prefix]).toEqual([null, null, null, null]);
  });
});

describe("metadata as it is typed", () => {
  it("is members, and JSON where it is JSON", () => {
    expect(metadataIn('name="two words" deep={"a":1} flag=true')).toEqual({ name: "two words", deep: { a: 1 }, flag: true });
    expect(metadataIn('{"a": {"b": 2}}')).toEqual({ a: { b: 2 } });
    expect(metadataIn("[1]")).toBeNull();
    expect(metadataIn("=x")).toBeNull();
  });
});

describe("a job over what is shown", () => {
  it("is given the same filter, and of its statuses only", () => {
    expect(jobOf("cancel", of("status=running,failed&tags=prod"), NOW)).toEqual({ body: { status: ["running"], tags: ["prod"] } });
    expect(jobOf("retry", of(""), NOW)).toEqual({ body: {} });
  });

  it("is refused where it would mean other runs than are shown", () => {
    expect(jobOf("cancel", of("status=completed"), NOW)).toEqual({ why: "status" });
    expect(jobOf("retry", of("id=01a2"), NOW)).toEqual({ why: "id" });
    expect(jobOf("cancel", of("mine=1"), NOW)).toEqual({ why: "mine" });
    expect(jobOf("cancel", of("search=a"), NOW)).toEqual({ why: "wrong" });
    expect(jobOf("cancel", of("since=1h&ended=1"), NOW)).toEqual({ why: "ended" });
    expect(jobOf("retry", of("since=1h&ended=1"), NOW)).toEqual({ body: { ended_after: "2030-01-31T11:00:00.000Z" } });
  });
});
