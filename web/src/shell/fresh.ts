// A page that was opened before Penstock was upgraded asks for parts that are there no more: it is
// loaded again, once in a while at most, so that a fault of another kind does not go round. While
// Penstock is away there is nothing to load.

const KEPT = "penstock-loaded-again";
const PAUSE_MS = 30_000;

addEventListener("vite:preloadError", () => {
  void fetch(document.baseURI, { cache: "no-store" }).then(({ ok }) => {
    const last = Number(sessionStorage.getItem(KEPT) ?? 0);
    if (!ok || Date.now() - last < PAUSE_MS) return;
    sessionStorage.setItem(KEPT, String(Date.now()));
    location.reload();
  }, () => undefined);
});
