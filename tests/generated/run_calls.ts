// The calls about runs: finished, waiting, forked, parked, and many at once.

import { LONG, MOST_LOOKS, PASSES, expect, expectData, told, type Api } from "./expectations.js";

export async function callFinishedRun(api: Api): Promise<void> {
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
  const flow = expectData(await api.GET("/api/v1/runs/{run_id}/flow", { params: { path } }));
  expect(Array.isArray(flow.drawing["nodes"]), flow);
  const waits = expectData(await api.GET("/api/v1/runs/{run_id}/waiting-for", { params: { path } }));
  expect(waits.waiting_for === null, waits);
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

export async function callWaitingRuns(api: Api, pipeline: string): Promise<void> {
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
  expectData(await api.GET("/api/v1/admin/runs", { params: { query: { status: ["cancelled"] } } }));
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
export async function callParkedRuns(api: Api): Promise<void> {
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

/** Two runs begin by one request, and are found by their tag; what all used is told. */
export async function callScale(api: Api): Promise<void> {
  const flow = { nodes: [{ id: "ask", type: "approval", data: {} }], edges: [] };
  const runs = [1, 2].map((n) => ({ flow, input: String(n), tags: ["batch"] }));
  const answer = expectData(await api.POST("/api/v1/runs/batch", { body: { runs } }));
  expect(answer.accepted === 2 && answer.refused === 0, answer);
  const found = { tags: ["batch"], status: ["waiting", "pending"], order: "oldest" } as const;
  const query = { ...found, tags: [...found.tags], status: [...found.status] };
  expectData(await api.GET("/api/v1/runs", { params: { query } }));
  const body = { filter: { tags: ["batch"] } };
  const job = expectData(await api.POST("/api/v1/runs/cancel", { body }));
  expectData(await api.GET("/api/v1/jobs/{id}", { params: { path: { id: job.id } } }));
  const none = { filter: { tags: ["none"] } };
  const again = expectData(await api.POST("/api/v1/runs/retry", { body: none }));
  await api.POST("/api/v1/jobs/{id}/cancel", { params: { path: { id: again.id } } });
  expectData(await api.GET("/api/v1/jobs"));
  const by = { group_by: ["day", "model"] as ("day" | "model")[] };
  const report = expectData(await api.GET("/api/v1/usage", { params: { query: by } }));
  expect(report.left_out === 0, report);
}
