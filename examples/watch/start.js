"use strict";
$("stop").onclick = stop;
$("retry").onclick = retry;
$("raw").onclick = () => showRaw(!isRaw);
$("open").onsubmit = (event) => {
  event.preventDefault();
  location.hash = MARK + encodeURIComponent($("address").value.trim());
};
addEventListener("scroll", noteScroll, { passive: true });
addEventListener("wheel", noteHand, { passive: true });
addEventListener("touchmove", noteHand, { passive: true });
addEventListener("pointerdown", noteHand);
addEventListener("keydown", noteHand);
addEventListener("click", goTo);
addEventListener("hashchange", () => location.reload());
open();
