// What a person gives a run besides its pipeline, as it is typed.

export interface Form {
  input: string;
  variables: Record<string, string>;
  alias: string;
  priority: "interactive" | "batch";
  deadline: number | null;
  tokens: number | null;
  tags: string;
  /** A local time, as the browser's field has it; empty is now. */
  startAt: string;
}

export const EMPTY: Form = { input: "", variables: {}, alias: "", priority: "interactive", deadline: null, tokens: null, tags: "", startAt: "" };

/** The body of the call. Variables that the flow does not name stay away. */
export function bodyOf(id: string, form: Form, variables: readonly string[]): Record<string, unknown> {
  const limits = {
    ...(form.deadline !== null && { deadline_seconds: form.deadline }),
    ...(form.tokens !== null && { max_total_tokens: form.tokens }),
  };
  // One that was never filled in is not said to be empty: the api tells that it is missing.
  const given = variables.filter((name) => form.variables[name] !== undefined);
  const tags = form.tags.split(/[\s,]+/).filter(Boolean);
  return {
    pipeline_id: id,
    input: form.input,
    ...(form.alias && { alias: form.alias }),
    ...(given.length > 0 && { variables: Object.fromEntries(given.map((name) => [name, form.variables[name]])) }),
    ...(Object.keys(limits).length > 0 && { limits }),
    ...(tags.length > 0 && { tags }),
    ...(form.priority === "batch" && { priority: form.priority }),
    ...(form.startAt && { start_at: new Date(form.startAt).toISOString() }),
  };
}

/** What was typed last for this pipeline; not its time, which is over. */
export function keptForm(place: string): Form | null {
  try {
    const kept = JSON.parse(localStorage.getItem(`penstock.run/${place}`) ?? "null") as Partial<Form> | null;
    return kept ? { ...EMPTY, ...kept, variables: { ...kept.variables }, startAt: "" } : null;
  } catch {
    return null;
  }
}

export function keepForm(place: string, form: Form): void {
  try {
    localStorage.setItem(`penstock.run/${place}`, JSON.stringify(form));
  } catch {
    // Too large for this browser to keep: the run is started all the same.
  }
}
