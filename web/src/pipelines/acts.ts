// What can be done with a whole pipeline, in its list and on its page.

import { call, get, type Schema } from "../api/client";
import type { Role } from "../account/session";

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

/** Has the browser keep it as a file. */
export function save(name: string, value: unknown): void {
  const url = URL.createObjectURL(new Blob([`${JSON.stringify(value, null, 2)}\n`], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name.replaceAll(/[/\\:\u0000-\u001f]/g, "_");
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
