// The calls about agents, pipelines and their versions.

import { FLOW, PASSES, expect, expectData, type Api, type Schemas } from "./expectations.js";

export async function callAgents(api: Api): Promise<void> {
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

export async function callPipelines(api: Api): Promise<string> {
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

/** A pipeline has two versions, an alias, a way elsewhere and one back. */
export async function callVersions(api: Api): Promise<void> {
  const body: Schemas["PipelineBody"] = { name: "Versions", flow: FLOW, tags: ["one"] };
  const made = expectData(await api.POST("/api/v1/pipelines", { body }));
  const path = { id: made.id };
  const changed = { name: "Versions", flow: PASSES, note: "takes a text" };
  expectData(await api.PUT("/api/v1/pipelines/{id}", { params: { path }, body: changed }));
  const narrow = { query: { tags: ["one"], search: "vers" } };
  const found = expectData(await api.GET("/api/v1/pipelines", { params: narrow }));
  expect(found.items[0]?.version_number === 2, found);
  const first = { path: { ...path, version: "1" } };
  const version = "/api/v1/pipelines/{id}/versions/{version}";
  expectData(await api.GET(version, { params: first }));
  expectData(await api.PUT(version, { params: first, body: { name: "the first" } }));
  const second = { path: { ...path, version: "2" }, query: { against: "1" } };
  const diff = expectData(await api.GET(`${version}/diff` as const, { params: second }));
  expect(diff.nodes.added.length === 1 && diff.nodes.removed.length === 1, diff);
  const prod = { path: { ...path, alias: "prod" } };
  const alias = "/api/v1/pipelines/{id}/aliases/{alias}";
  const set = expectData(await api.PUT(alias, { params: prod, body: { version: "1" } }));
  expect(set.number === 1, set);
  expectData(await api.GET("/api/v1/pipelines/{id}/aliases", { params: { path } }));
  await api.DELETE(alias, { params: prod });
  const restored = expectData(await api.POST(`${version}/restore` as const, { params: first }));
  expect(restored.version_number === 3, restored);
  await api.DELETE("/api/v1/pipelines/{id}", { params: { path } });
  expectData(await api.POST("/api/v1/pipelines/{id}/restore", { params: { path } }));
  expectData(await api.POST("/api/v1/pipelines/{id}/duplicate", { params: { path }, body: {} }));
  const exported = await api.GET("/api/v1/pipelines/{id}/export", { params: { path } });
  const named = { query: { name: "Far away" } };
  const imported = expectData(
    await api.POST("/api/v1/pipelines/import", { params: named, body: expectData(exported) }),
  );
  expect(imported.pipeline.name === "Far away", imported);
}

export async function callAgentVersions(api: Api): Promise<void> {
  const body = { name: "Poet", instructions: "Write." };
  const made = expectData(await api.POST("/api/v1/agents", { body }));
  const path = { id: made.id };
  const other = { name: "Poet", instructions: "Sing." };
  expectData(await api.PUT("/api/v1/agents/{id}", { params: { path }, body: other }));
  expectData(await api.GET("/api/v1/agents/{id}/versions", { params: { path } }));
  const version = "/api/v1/agents/{id}/versions/{number}";
  const first = { path: { ...path, number: 1 } };
  expectData(await api.PUT(version, { params: first, body: { note: "writes" } }));
  const second = { path: { ...path, number: 2 } };
  const diff = expectData(await api.GET(`${version}/diff` as const, { params: second }));
  expect(diff.changes[0]?.path === "/instructions", diff);
  expectData(await api.POST(`${version}/restore` as const, { params: first }));
  await api.DELETE("/api/v1/agents/{id}", { params: { path } });
  expectData(await api.POST("/api/v1/agents/{id}/restore", { params: { path } }));
}

export async function callTools(api: Api): Promise<void> {
  const body = {
    name: "find_item",
    description: "Finds an item by its id.",
    kind: "http" as const,
    input_schema: { type: "object", properties: { id: { type: "string" } }, required: ["id"] },
    http: { method: "GET" as const, url: "https://api.example.com/items/{{id}}" },
  };
  const made = expectData(await api.POST("/api/v1/tools", { body }));
  const params = { path: { id: made.id } };
  const other = { ...body, description: "Finds it." };
  expectData(await api.PUT("/api/v1/tools/{id}", { params, body: other }));
  expectData(await api.GET("/api/v1/tools/{id}", { params }));
  expectData(await api.GET("/api/v1/tools"));
  const called = await api.POST("/api/v1/tools/{id}/call", { params, body: { input: {} } });
  expect(expectData(called).error?.code === "bad_arguments", called.data);
  expectData(await api.GET("/api/v1/tools/{id}/versions", { params }));
  const version = "/api/v1/tools/{id}/versions/{number}";
  const first = { path: { ...params.path, number: 1 } };
  expectData(await api.PUT(version, { params: first, body: { note: "finds" } }));
  const second = { path: { ...params.path, number: 2 } };
  const diff = expectData(await api.GET(`${version}/diff` as const, { params: second }));
  expect(diff.changes[0]?.path === "/description", diff);
  expectData(await api.POST(`${version}/restore` as const, { params: first }));
  await api.DELETE("/api/v1/tools/{id}", { params });
  expectData(await api.POST("/api/v1/tools/{id}/restore", { params }));
  await api.DELETE("/api/v1/tools/{id}", { params });
}

export async function callAliases(api: Api, pipeline: string): Promise<void> {
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
