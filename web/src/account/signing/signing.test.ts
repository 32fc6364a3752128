import { beforeEach, describe, expect, it } from "vitest";
import { Problem } from "../../api/client";
import { brought, forgetTheWayBack, keepForTheWayBack, type Me, placeAfter, refusalOf, rememberWorkspace, wordsFor, workspaceToBegin } from "./signing";

const BASE = "https://host.example/penstock/";
const ME: Me = {
  workspace: "ada", name: "Ada", role: "admin", user: null,
  workspaces: [{ slug: "ada", name: "Ada", role: "admin" }, { slug: "research", name: "Research", role: "member" }],
};

class Memory implements Storage {
  readonly #kept = new Map<string, string>();
  get length() { return this.#kept.size; }
  clear() { this.#kept.clear(); }
  getItem(key: string) { return this.#kept.get(key) ?? null; }
  key(at: number) { return [...this.#kept.keys()][at] ?? null; }
  removeItem(key: string) { this.#kept.delete(key); }
  setItem(key: string, value: string) { this.#kept.set(key, value); }
}

describe("what an address brings", () => {
  let store: Storage;
  beforeEach(() => { store = new Memory(); });

  it("is a link, a problem, or nothing", () => {
    expect(brought("#link=s3cret", store)).toEqual({ secret: "s3cret", problem: "", next: null });
    expect(brought("#problem=openid_off", store)).toEqual({ secret: "", problem: "openid_off", next: null });
    expect(brought("#else=1", store)).toEqual({ secret: "", problem: "", next: null });
  });

  it("is the link again for who comes back from the provider, until it is forgotten", () => {
    keepForTheWayBack("s3cret", "w/acme/runs", store);
    expect(brought("#problem=openid_denied", store)).toEqual({ secret: "s3cret", problem: "openid_denied", next: "w/acme/runs" });
    forgetTheWayBack(store);
    expect(brought("", store)).toEqual({ secret: "", problem: "", next: null });
  });
});

describe("words for what went wrong", () => {
  it("never are those of a code nobody wrote words for", () => {
    for (const code of ["constructor", "toString", "no_such_code", "<b>"]) {
      expect(refusalOf(code)).toEqual({ text: "You could not be signed in. Try again in a moment.", asksForAnother: false });
    }
    expect(refusalOf("openid_wrong_domain").asksForAnother).toBe(true);
  });

  it("say what to do", () => {
    expect(wordsFor(new Problem(0, { code: "unreachable" }))).toMatch(/could not be reached/);
    expect(wordsFor(new Problem(503, { code: "unavailable" }))).toMatch(/cannot answer now/);
    expect(wordsFor(new Problem(401, { code: "wrong_login" }))).toBe("There is no user with this e-mail and password.");
    expect(wordsFor(new Problem(422, { problems: [{ path: ".password", message: "too short" }] }))).toBe("too short");
  });
});

describe("the workspace to begin in", () => {
  it("is the last one, then one of a team, then one's own", () => {
    const store = new Memory();
    expect(workspaceToBegin(ME, store)).toBe("research");
    rememberWorkspace("ada", store);
    expect(workspaceToBegin(ME, store)).toBe("ada");
    rememberWorkspace("gone", store);
    expect(workspaceToBegin({ ...ME, workspaces: ME.workspaces.slice(0, 1) }, store)).toBe("ada");
    expect(workspaceToBegin({ ...ME, workspaces: [] }, store)).toBe("ada");
  });
});

describe("the page to go on to", () => {
  it("is one of ours or the beginning", () => {
    expect(placeAfter(ME, `${BASE}w/ada/runs?status=failed`, null, BASE)).toBe(`${BASE}w/ada/runs?status=failed`);
    for (const next of [null, "https://evil.example/", "//evil.example/", "https://host.example/elsewhere", "javascript:alert(1)", `${BASE}sign-in`]) {
      expect(placeAfter(ME, next, null, BASE)).toBe(BASE);
    }
  });

  it("is the workspace that was joined", () => {
    expect(placeAfter(ME, null, "Research", BASE)).toBe(`${BASE}w/research/pipelines`);
    expect(placeAfter(ME, null, "gone", BASE)).toBe(BASE);
  });
});
