// A page that was opened before Penstock was upgraded asks for parts that are there no more: it is
// loaded again, once in a while at most, so that a fault of another kind does not go round.

const KEPT = "penstock-loaded-again";
const PAUSE_MS = 30_000;

addEventListener("vite:preloadError", (event) => {
  const last = Number(sessionStorage.getItem(KEPT) ?? 0);
  if (Date.now() - last < PAUSE_MS) return;
  sessionStorage.setItem(KEPT, String(Date.now()));
  event.preventDefault();
  location.reload();
});
