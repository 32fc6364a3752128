// What forms choose from: asked once, and kept for as long as it is likely to hold.

import { useQuery } from "@tanstack/react-query";
import { get, type Schema } from "../../api/client";
import { words } from "../../words";
import { type Setting, settingsOf } from "./schema";

export type Model = Schema<"ModelShape">;

export function useModels(workspace: string) {
  return useQuery({ queryKey: ["editor", workspace, "models"], queryFn: () => get<Schema<"ModelList">>("api/v1/models"), staleTime: 600_000 });
}

export function useTools(workspace: string) {
  return useQuery({ queryKey: ["agents", workspace, "tools"], queryFn: () => get<Schema<"ToolPage">>("api/v1/tools", { limit: 200 }), staleTime: 30_000 });
}

export function useSettings() {
  return useQuery<Setting[]>({ queryKey: ["editor", "settings"], queryFn: async () => settingsOf(await get<unknown>("openapi.json")), staleTime: Infinity });
}

/** `$3 in, $15 out a million tokens; 200,000 tokens of context`, as far as it is known. */
export function aboutModel(model: Model | undefined): string {
  if (!model) return "";
  const tier = model.prices?.tiers[0];
  const price = tier?.input && tier.output ? words.editor.model.price(Number(tier.input), Number(tier.output)) : words.editor.model.noPrice;
  const room = model.context_tokens ? words.editor.model.room(model.context_tokens.toLocaleString("en")) : words.editor.model.noRoom;
  const longest = model.output_tokens ? words.editor.model.longest(model.output_tokens.toLocaleString("en")) : "";
  return [price, room, longest].filter(Boolean).join("; ");
}
