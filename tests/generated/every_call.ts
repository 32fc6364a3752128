// Every call of the api, by a client whose types are generated from its description.
// Compiled by `tsc --strict` beside the generated api.ts, and run by Node.

import createClient from "openapi-fetch";
import type { paths } from "./api.js";
import {
  callAgents,
  callAgentVersions,
  callTools,
  callAliases,
  callPipelines,
  callVersions,
} from "./definition_calls.js";
import { expect, expectData, type Api, type Told } from "./expectations.js";
import { SEEN, callAccounts, callPeople } from "./people_calls.js";
import { callFinishedRun, callParkedRuns, callScale, callWaitingRuns } from "./run_calls.js";

/** Makes every call at least once. Throws where an answer is none of those hoped for. */
export async function everyCall(baseUrl: string, token: string): Promise<Told[]> {
  const told: Told[] = [];
  const api = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${token}` } });
  api.use({
    onResponse({ request, response }) {
      told.push([request.method, new URL(request.url).pathname, response.status]);
    },
  });
  await callAgents(api);
  const pipeline = await callPipelines(api);
  await callVersions(api);
  await callAgentVersions(api);
  await callTools(api);
  await callFinishedRun(api);
  await callWaitingRuns(api, pipeline);
  await callParkedRuns(api);
  await callAliases(api, pipeline);
  await callPeople(api);
  await callScale(api);
  await callAccounts(api, baseUrl);
  await callService(api);
  return [...told, ...SEEN];
}

async function callService(api: Api): Promise<void> {
  const identity = expectData(await api.GET("/api/v1/me"));
  expect(identity.role === "admin", identity);
  const system = expectData(await api.GET("/api/v1/admin/system"));
  expect(system.projector.behind_facts >= 0, system);
  expectData(await api.GET("/health"));
  expectData(await api.GET("/health/ready"));
  expectData(await api.GET("/health/serving"));
  expectData(await api.GET("/openapi.json"));
  const text = { parseAs: "text" } as const;
  expectData(await api.GET("/metrics", text));
  expectData(await api.GET("/docs", text));
  for (const page of ["/watch", "/answer"] as const) expectData(await api.GET(page, text));
  const ways = expectData(await api.GET("/", { headers: { accept: "application/json" } }));
  expect(typeof ways === "object" && ways.docs === "/docs", ways);
  const feed = expectData(await api.GET("/api/v1/events", { parseAs: "stream" }));
  await feed.cancel();
}
