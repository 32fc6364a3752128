export function Scrubber() {
  return null;
}
