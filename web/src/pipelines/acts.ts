// What can be done with a whole pipeline, in its list and on its page.

import { call, get, type Schema } from "../api/client";
import type { Role } from "../account/session";
import { save as saveText } from "../ui/save";

export const ACTS = [["duplicate", "member"], ["export", "viewer"], ["delete", "admin"]] as const satisfies readonly (readonly [string, Role])[];
export type Act = (typeof ACTS)[number][0];

/** Does it; answers the id of a pipeline to be opened, if one was made. Throws Problem. */
export async function actOn(pipeline: { id: string; name: string }, act: Act): Promise<string | null> {
  const path = `api/v1/pipelines/${encodeURIComponent(pipeline.id)}`;
  switch (act) {
    case "duplicate": return (await call<Schema<"PipelineShape">>("POST", `${path}/duplicate`)).id;
    case "export":
      save(`${pipeline.name}.json`, await get<unknown>(`${path}/export`));
      return null;
    case "delete":
      await call("DELETE", path);
      return null;
  }
}

/** Has back one that was deleted. Throws Problem. */
export async function restorePipeline(id: string): Promise<void> {
  await call("POST", `api/v1/pipelines/${encodeURIComponent(id)}/restore`);
}

/** Has the browser keep it as a file of JSON. */
export function save(name: string, value: unknown): void {
  saveText(name, `${JSON.stringify(value, null, 2)}\n`, "application/json");
}
