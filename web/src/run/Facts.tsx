export function Facts() {
  return null;
}
