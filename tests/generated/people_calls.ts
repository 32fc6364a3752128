// The calls about people: workspaces, keys, accounts and members.

import createClient from "openapi-fetch";
import type { paths } from "./api.js";
import { expect, expectData, type Api, type Schemas, type Told } from "./expectations.js";

/** What was asked by who has logged in. */
export const SEEN: Told[] = [];

/** A workspace gets a token, which is used by nobody; one of our own is revoked. */
export async function callPeople(api: Api): Promise<void> {
  const made = { slug: "zoo", name: "Zoo" };
  expectData(await api.POST("/api/v1/workspaces", { body: made }));
  expectData(await api.GET("/api/v1/workspaces"));
  const zoo = { path: { slug: "zoo" } };
  const limited = { params: zoo, body: { runs_in_flight: 5 } };
  expectData(await api.PUT("/api/v1/workspaces/{slug}/limits", limited));
  const limits = expectData(await api.GET("/api/v1/workspaces/{slug}/limits", { params: zoo }));
  expect(limits.runs_in_flight === 5, limits);
  expectData(await api.GET("/api/v1/limits"));
  const body = { name: "nightly", role: "member" } as const;
  const token = expectData(await api.POST("/api/v1/tokens", { body }));
  expect(token.token.startsWith(token.prefix), token);
  const params = { path: { id: token.id } };
  const revoked = await api.DELETE("/api/v1/tokens/{id}", { params });
  expect(revoked.response.status === 204, revoked);
  expectData(await api.GET("/api/v1/tokens"));
  const audit = expectData(await api.GET("/api/v1/audit"));
  expect(audit.items[0]?.action === "token.revoked", audit);
  expectData(await api.PUT("/api/v1/workspaces/{slug}/retention", { params: zoo, body: { days: 90 } }));
  expectData(await api.GET("/api/v1/workspaces/{slug}/retention", { params: zoo }));
  expectData(await api.DELETE("/api/v1/workspaces/{slug}", { params: zoo }));
  const ended = expectData(await api.GET("/api/v1/runs", { params: { query: { status: ["completed"] } } }));
  const path = { run_id: ended.items[0]?.run_id ?? "" };
  expectData(await api.DELETE("/api/v1/runs/{run_id}", { params: { path } }));
  await callKeys(api);
}

/** A key and a secret come, are told of without their values, and go. */
async function callKeys(api: Api): Promise<void> {
  const params = { path: { provider: "anthropic" } };
  const body = { key: "sk-ant-a-key-for-tests-0001" };
  const key = expectData(await api.PUT("/api/v1/provider-keys/{provider}", { params, body }));
  expect(key.key === "...0001", key);
  expectData(await api.GET("/api/v1/provider-keys/{provider}", { params }));
  const keys = expectData(await api.GET("/api/v1/provider-keys"));
  expect(keys.items.length === 1, keys);
  const gone = await api.DELETE("/api/v1/provider-keys/{provider}", { params });
  expect(gone.response.status === 204, gone);
  const named = { path: { name: "SEARCH" } };
  expectData(await api.PUT("/api/v1/secrets/{name}", { params: named, body: { value: "x" } }));
  expectData(await api.GET("/api/v1/secrets/{name}", { params: named }));
  const secrets = expectData(await api.GET("/api/v1/secrets"));
  expect(secrets.items[0]?.name === "SEARCH", secrets);
  const deleted = await api.DELETE("/api/v1/secrets/{name}", { params: named });
  expect(deleted.response.status === 204, deleted);
  expectData(await api.POST("/api/v1/admin/keys/rotate"));
}

/** A user logs in by a link and by a password, joins a workspace and leaves it, and is removed. */
export async function callAccounts(api: Api, baseUrl: string): Promise<void> {
  const email = "cy@generated.example";
  const password = "a river of words";
  const made = expectData(await api.POST("/api/v1/users", { body: { email, name: "Cy" } }));
  const link = made.url.split("#link=")[1] ?? "";
  const told = expectData(await api.POST("/api/v1/links/account", { body: { link } }));
  expect(told.email === email, told);
  expectData(await api.POST("/api/v1/links/session", { body: { link, password } }));
  const logIn = async (): Promise<Record<string, string>> => {
    const { response } = await api.POST("/api/v1/session", { body: { email, password } });
    const cookie = response.headers.getSetCookie()[0]?.split(";")[0] ?? "";
    return { cookie, origin: baseUrl };
  };
  const asUser = async (): Promise<Api> => {
    const own = createClient<paths>({ baseUrl, fetch: asked });
    const who = await logIn();
    own.use({
      onRequest({ request }) {
        for (const [name, value] of Object.entries(who)) request.headers.set(name, value);
      },
    });
    return own;
  };
  const asked = async (request: Request): Promise<Response> => {
    const response = await fetch(request);
    SEEN.push([request.method, new URL(request.url).pathname, response.status]);
    return response;
  };
  await callMembers(api, asUser, made);
  const body = { password, new_password: password };
  await (await asUser()).PUT("/api/v1/me/password", { body });
  await (await asUser()).DELETE("/api/v1/session");
  expectData(await api.GET("/api/v1/users"));
  const params = { path: { id: made.id } };
  expectData(await api.POST("/api/v1/users/{id}/reset", { params }));
  const rules = { is_instance_admin: true };
  expectData(await api.PUT("/api/v1/users/{id}/instance-admin", { params, body: rules }));
  await api.DELETE("/api/v1/users/{id}", { params });
  expectData(await api.GET("/sign-in", { parseAs: "text" }));
}

async function callMembers(
  api: Api,
  asUser: () => Promise<Api>,
  user: Schemas["MadeUser"],
): Promise<void> {
  const slug = { path: { slug: "default" } };
  const member = { path: { slug: "default", id: user.id } };
  const members = "/api/v1/workspaces/{slug}/members";
  const body = { email: user.email, role: "member" } as const;
  expectData(await api.POST(members, { params: slug, body }));
  const role = { role: "viewer" } as const;
  expectData(await api.PUT(`${members}/{id}`, { params: member, body: role }));
  expectData(await api.GET(members, { params: slug }));
  await (await asUser()).DELETE("/api/v1/me/memberships/{slug}", { params: slug });
  expectData(await api.POST(members, { params: slug, body }));
  await api.DELETE(`${members}/{id}`, { params: member });
  const guest = { email: "di@generated.example", role: "viewer" } as const;
  const invite = expectData(await api.POST("/api/v1/invites", { body: guest }));
  expectData(await api.GET("/api/v1/invites"));
  await api.DELETE("/api/v1/invites/{id}", { params: { path: { id: invite.id } } });
}
