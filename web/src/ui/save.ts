/** Has the browser keep a text as a file. */
export function save(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  Object.assign(document.createElement("a"), { href: url, download: name.replaceAll(/[/\\:\u0000-\u001f]/g, "_") }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
