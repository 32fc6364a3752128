// A large text by stretches of bytes: each is read when it comes into sight, and none cuts a character.

import { Problem, urlOf } from "../../api/client";

export const PAGE_BYTES = 16 << 10;
const LONGEST_CHARACTER = 4;

export function pagesOf(size: number): number {
  return Math.ceil(size / PAGE_BYTES);
}

/** The text of `bytes`, which began at `start` and go on behind `end`: all characters that begin between. */
export function decoded(bytes: Uint8Array<ArrayBuffer>, start: number, end: number): string {
  let from = 0, to = Math.min(end - start, bytes.length);
  while (start > 0 && from < bytes.length && isWithin(bytes[from]!)) from++;
  while (to < bytes.length && isWithin(bytes[to]!)) to++;
  return new TextDecoder().decode(bytes.subarray(from, to));
}

// UTF-8: such a byte goes on with a character.
function isWithin(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

/** Page `number` of the text at `path`. Throws Problem. */
export async function readPage(path: string, number: number, size: number, workspace: string): Promise<string> {
  const start = number * PAGE_BYTES, end = Math.min(start + PAGE_BYTES, size);
  const last = Math.min(end + LONGEST_CHARACTER, size) - 1;
  const answer = await fetch(urlOf(path), {
    headers: { "X-Penstock-Workspace": workspace, Range: `bytes=${start}-${last}` }, cache: "no-store",
  });
  if (!answer.ok) throw await refused(answer);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  return decoded(answer.status === 206 ? bytes : bytes.subarray(start, last + 1), start, end);
}

/** The whole text at `path`, to be copied or saved, not shown. Throws Problem. */
export async function readWhole(path: string, workspace: string): Promise<Blob> {
  const answer = await fetch(urlOf(path), { headers: { "X-Penstock-Workspace": workspace }, cache: "no-store" });
  if (!answer.ok) throw await refused(answer);
  return answer.blob();
}

async function refused(answer: Response): Promise<Problem> {
  const body: unknown = await answer.json().catch(() => ({}));
  return new Problem(answer.status, typeof body === "object" && body !== null ? { ...body } : {});
}

/** Saves a text as a file of this name. */
export function save(text: Blob | string, name: string): void {
  const url = URL.createObjectURL(typeof text === "string" ? new Blob([text], { type: "text/plain;charset=utf-8" }) : text);
  const link = document.createElement("a");
  link.href = url;
  link.download = name.replace(/[^\w.-]+/g, "-");
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
