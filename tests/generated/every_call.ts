// Every call of the api, by a client whose types are generated from its description.
// Compiled by `tsc --strict` beside the generated api.ts, and run by Node.

import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./api.js";

type Schemas = components["schemas"];
type Api = Client<paths>;
/** What was asked and answered: method, path and status. */
type Told = [method: string, path: string, status: number];

const FLOW: Schemas["PipelineBody"]["flow"] = {
  nodes: [{ id: "fine?", type: "approval", data: { prompt: "Fine?" } }],
  edges: [],
};
const PASSES: Schemas["RunOfFlow"]["flow"] = {
  nodes: [{ id: "text", type: "input", data: {} }],
  edges: [],
};
const LONG = "a long line\n".repeat(6_000);
const MOST_LOOKS = 5_000;

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
  await callFinishedRun(api);
  await callWaitingRuns(api, pipeline);
  await callParkedRuns(api);
  await callAliases(api, pipeline);
  await callService(api);
  return told;
}

async function callAgents(api: Api): Promise<void> {
  const made = expectData(await api.POST("/api/v1/agents", { body: { name: "Poet" } }));
  const params = { path: { id: made.id } };
  const { response } = await api.GET("/api/v1/agents/{id}", { params });
  const saved = expectData(
    await api.PUT("/api/v1/agents/{id}", {
      params: { ...params, header: { "If-Match": response.headers.get("etag") ?? "" } },
      body: {
        name: "Other poet",
        max_tokens: 3000,
        thinking: { budget_tokens: 2000 },
        effort: "low",
        retry: { max_attempts: 2 },
      },
    }),
  );
  expect(saved.name === "Other poet" && saved.max_tokens === 3000, saved);
  const { items } = expectData(await api.GET("/api/v1/agents", { params: { query: { limit: 1 } } }));
  expect(items.length === 1, items);
  await api.DELETE("/api/v1/agents/{id}", { params });
  const { default_model, items: models } = expectData(await api.GET("/api/v1/models"));
  expect(models.some((each) => each.model === default_model), models);
}

async function callPipelines(api: Api): Promise<string> {
  const body: Schemas["PipelineBody"] = { name: "Asks", flow: FLOW };
  const made = expectData(await api.POST("/api/v1/pipelines", { body }));
  const params = { path: { id: made.id } };
  const read = expectData(await api.GET("/api/v1/pipelines/{id}", { params }));
  expect(read.problems.length === 0 && Array.isArray(read.flow["nodes"]), read);
  expectData(await api.PUT("/api/v1/pipelines/{id}", { params, body }));
  expectData(await api.GET("/api/v1/pipelines"));
  expectData(await api.GET("/api/v1/pipelines/{id}/versions", { params }));
  const judged = expectData(await api.POST("/api/v1/flows/validate", { body: { flow: PASSES } }));
  expect(judged.order[0] === "text" && judged.version !== undefined, judged);
  const other = expectData(await api.POST("/api/v1/pipelines", { body }));
  await api.DELETE("/api/v1/pipelines/{id}", { params: { path: { id: other.id } } });
  return made.id;
}

async function callFinishedRun(api: Api): Promise<void> {
  const started = expectData(
    await api.POST("/api/v1/runs", {
      params: { query: { wait: 30 } },
      body: { flow: PASSES, input: LONG, metadata: { nested: { list: [1, null, "two"] } } },
    }),
  );
  if (!("steps" in started)) throw new Error(`expected a run that ended, got ${told(started)}`);
  const { run_id, input } = started;
  if (typeof input === "string") throw new Error("expected an input that is read elsewhere");
  const path = { run_id };
  const text = { parseAs: "text" } as const;
  const blob = { params: { path: { run_id, sha256: input.blob } }, ...text };
  expect(expectData(await api.GET("/api/v1/runs/{run_id}/blobs/{sha256}", blob)) === LONG, "blob");
  expectData(await api.GET("/api/v1/runs/{run_id}/output", { params: { path }, ...text }));
  const outline = await api.GET("/api/v1/runs/{run_id}/outline", { params: { path } });
  expect(expectData(outline).steps[0]?.kind === "input", outline);
  const used = expectData(await api.GET("/api/v1/runs/{run_id}/usage", { params: { path } }));
  expect(used.cost_usd === "0.000000" && used.steps.length === 0, used);
  const step = { path: { run_id, n: 0 } };
  const range = { ...step, header: { Range: "bytes=0-5" } };
  const part = await api.GET("/api/v1/runs/{run_id}/steps/{n}/output", { params: range, ...text });
  expect(expectData(part) === "a long", part);
  expectData(await api.GET("/api/v1/runs/{run_id}/steps", { params: { path } }));
  const detail = expectData(await api.GET("/api/v1/runs/{run_id}/steps/{n}", { params: step }));
  expect(detail.usage.input_tokens === 0 && detail.kind === "input", detail);
  const page = await api.GET("/api/v1/runs/{run_id}/events", {
    params: { path, query: { types: ["run.completed"] } },
    headers: { accept: "application/json" },
  });
  const events = expectData(page);
  expect(typeof events === "object" && events.ended, events);
  expectData(await api.GET("/api/pipeline/run/{run_id}/stream", { params: { path }, ...text }));
}

async function callForks(api: Api, run: string): Promise<void> {
  const path = { run_id: run };
  const planned = expectData(
    await api.POST("/api/v1/runs/{run_id}/fork", {
      params: { path, query: { dry_run: true } },
      body: { from_steps: [0] },
    }),
  );
  expect(planned.forked_from.from_steps.length === 1, planned);
  const forked = expectData(
    await api.POST("/api/v1/runs/{run_id}/fork", {
      params: { path },
      body: { from_steps: ["fine?"] },
    }),
  );
  expect("run_id" in forked, forked);
  if ("run_id" in forked) {
    const params = { path: { run_id: forked.run_id } };
    const held = { ...params, query: { wait: 30 } };
    expectData(await api.POST("/api/v1/runs/{run_id}/cancel", { params: held, body: {} }));
    expectData(await api.POST("/api/v1/runs/{run_id}/retry", { params }));
    expectData(await api.GET("/api/v1/runs/{run_id}/forks", { params }));
  }
}

async function callWaitingRuns(api: Api, pipeline: string): Promise<void> {
  const run = await waiting(api, pipeline);
  const decided = expectData(
    await api.POST("/api/v1/runs/{run_id}/steps/{n}/decision", {
      params: { path: { run_id: run, n: 0 } },
      body: { decision: "approve" },
    }),
  );
  expect(decided.node === "fine?", decided);
  await callALink(api, await waiting(api, pipeline));
  for (const path of ["/api/v1/runs/{run_id}/cancel", "/api/v1/admin/runs/{run_id}/cancel"] as const) {
    const params = { path: { run_id: await waiting(api, pipeline) }, query: { wait: 30 } };
    const stopped = expectData(await api.POST(path, { params, body: { reason: "enough" } }));
    expect("receipts" in stopped && stopped.status === "cancelled", stopped);
  }
  await callForks(api, run);
  expectData(await api.GET("/api/v1/runs", { params: { query: { pipeline_id: pipeline } } }));
  expectData(await api.GET("/api/v1/admin/runs", { params: { query: { status: "cancelled" } } }));
}

async function callALink(api: Api, run: string): Promise<void> {
  const made = await api.POST("/api/v1/runs/{run_id}/steps/{n}/link", {
    params: { path: { run_id: run, n: 0 } },
    body: { given_to: "Ada" },
  });
  const link = expectData(made).url.split("#link=")[1] ?? "";
  const question = expectData(await api.POST("/api/v1/links/question", { body: { link } }));
  expect(question.prompt === "Fine?", question);
  const body = { link, decision: "approve" } as const;
  expectData(await api.POST("/api/v1/links/decision", { body }));
}

/** A new run of the pipeline, once it waits for a person. */
async function waiting(api: Api, pipeline: string): Promise<string> {
  const body = { pipeline_id: pipeline };
  const { run_id } = expectData(await api.POST("/api/v1/runs", { body }));
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    const params = { path: { run_id } };
    const run = expectData(await api.GET("/api/v1/runs/{run_id}", { params }));
    if (run.status === "waiting") return run_id;
  }
  throw new Error("expected a run that waits for a person");
}

/** One run is parked by a fact that nobody knows: looked at again in vain, and ended. */
async function callParkedRuns(api: Api): Promise<void> {
  const params = { path: { run_id: await parked(api) } };
  const looked = expectData(await api.POST("/api/v1/admin/parked/{run_id}/release", { params }));
  expect(looked.status === "parked", looked);
  const body = { reason: "nobody knows it" };
  const ended = expectData(await api.POST("/api/v1/admin/parked/{run_id}/end", { params, body }));
  expect(ended.code === "ended_by_person", ended);
}

/** The run that is parked, once it is. */
async function parked(api: Api): Promise<string> {
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    const [first] = expectData(await api.GET("/api/v1/admin/parked")).items;
    if (first !== undefined) return first.run_id;
  }
  throw new Error("expected a run that is parked");
}

async function callAliases(api: Api, pipeline: string): Promise<void> {
  const params = { path: { pipeline_id: pipeline } };
  const begun = await api.POST("/api/pipeline/{pipeline_id}/run", { params, body: { input: "a" } });
  expect(expectData(begun).runId.length > 0, begun);
  const first = expectData(
    await api.POST("/api/v1/execution/start", { body: { pipeline_id: pipeline, inputs: { a: [1] } } }),
  );
  const named = { query: { execution_id: first.execution_id } };
  expectData(await api.GET("/api/v1/execution/status", { params: named }));
  const { execution_id } = first;
  expectData(await api.POST("/api/v1/execution/stop", { body: { execution_id } }));
  const second = expectData(
    await api.POST("/api/v1/execution/start", { body: { workflow_template_id: pipeline } }),
  );
  const id = { path: { id: second.execution_id } };
  expectData(await api.POST("/admin/executions/{id}/cancel", { params: id }));
  expectData(await api.GET("/admin/executions"));
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

function expectData<T>(answer: { data?: T; error?: unknown; response: Response }): NonNullable<T> {
  if (answer.data != null) return answer.data;
  throw new Error(`${answer.response.status} ${answer.response.url}: ${told(answer.error)}`);
}

function expect(holds: boolean, found: unknown): void {
  if (!holds) throw new Error(`expected otherwise: ${told(found)}`);
}

function told(value: unknown): string {
  return JSON.stringify(value);
}
