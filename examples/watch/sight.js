"use strict";
// Keeps in sight what happens: the question that waits for a person, or else the step that is written.
// Whoever scrolls away is left alone, until they scroll back to it or press the pill.

const MARGIN = 24;
let isFollowing = true;
let expected = 0;                                            // where the page was scrolled to by itself

function placeOfInterest() {
  const asking = view.steps.findIndex((step) => isAsking(step));
  if (asking >= 0) return shown[asking]?.card.querySelector(".ask");
  const written = view.steps.findIndex((step) => step.status === "running" || step.status === "retrying");
  return shown[written]?.card;
}

function keepInSight() {
  if (!isFollowing || ENDED.has(view.phase)) return;
  const place = placeOfInterest();
  if (!place) return;
  showBox(boxes[Number(place.closest(".step").id.slice("step-".length))]);
  const { top, bottom } = place.getBoundingClientRect();
  const low = bottom + MARGIN - innerHeight;
  const high = top - $("bar").offsetHeight - MARGIN;
  const isWanted = low > 0 || (place.matches(".ask") && high < 0);
  if (isWanted) scrollTo(0, scrollY + (place.matches(".ask") ? Math.min(low, high) : low));
  expected = scrollY;
}

// The drawn flow may be wider than the page: what is in sight below is in sight there too.
function showBox(box) {
  if (!box) return;
  const place = $("shape");
  const [left, right] = [box.offsetLeft, box.offsetLeft + box.offsetWidth];
  if (left < place.scrollLeft || right > place.scrollLeft + place.clientWidth) {
    place.scrollLeft = (left + right - place.clientWidth) / 2;
  }
}

// A page that grows or shrinks is scrolled by the browser too: only a hand ends the following.
const HAND_MS = 1000;
let handAt = -Infinity;

function noteScroll() {
  if (Math.abs(scrollY - expected) < 2) return;
  const place = placeOfInterest();
  const bottom = place ? place.getBoundingClientRect().bottom : 0;
  const isBack = Boolean(place) && scrollY > expected && Math.abs(bottom + MARGIN - innerHeight) < 2 * MARGIN;
  if (isBack) isFollowing = true;
  else if (performance.now() - handAt < HAND_MS) isFollowing = false;
  expected = scrollY;
}

// Told before the page moves, so that nothing drawn meanwhile pulls it back.
function noteHand(event) {
  handAt = performance.now();
  if (event.type === "touchmove" || event.deltaY < 0) isFollowing = false;
}

function goTo(event) {
  const link = event.target.closest('a[href^="#step-"]');
  if (!link) return;
  event.preventDefault();
  const card = document.querySelector(link.getAttribute("href"));
  const question = card?.querySelector(".ask:not([hidden])");
  isFollowing = Boolean(question);
  (question ?? card)?.scrollIntoView({ block: question ? "center" : "start" });
  expected = scrollY;
  (question?.querySelector("button") ?? card?.querySelector("h2"))?.focus({ preventScroll: true });
}
