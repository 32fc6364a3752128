// Five pipelines to start from. Each runs on the simulated model too, on the input it brings along.

import approval from "./approval.json";
import extract from "./extract.json";
import research from "./research.json";
import review from "./review.json";
import triage from "./triage.json";

export interface Starter {
  name: string;
  about: string;
  tags: string[];
  input: string;
  variables: Record<string, string>;
  flow: { nodes: unknown[]; edges: unknown[] };
}

const given = (variables: Record<string, string | undefined>) => Object.fromEntries(Object.entries(variables).filter((each): each is [string, string] => each[1] !== undefined));

export const STARTERS: readonly Starter[] = [research, approval, triage, review, extract].map((each) => ({ ...each, variables: given(each.variables) }));
