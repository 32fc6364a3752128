// A run in React, word by word. What is shown is decided by the law, so that a line that is cut
// loses nothing and doubles nothing: docs/reference/streaming.md.
import { useEffect, useReducer } from "react";
import { createRoot } from "react-dom/client";
import { EMPTY, after, statusOf } from "./build/law.js";

function useRun(eventsUrl) {
  const [view, take] = useReducer((known, event) => (event ? after(known, event) : EMPTY), EMPTY);
  useEffect(() => {
    let source, timer, lastId = "";
    function open() {
      source = new EventSource(`${eventsUrl}&unnamed=1&after=${lastId}`);
      source.onmessage = (event) => {
        lastId = event.lastEventId;
        take({ id: Number(lastId), data: JSON.parse(event.data) });
      };
      source.addEventListener("end", () => source.close());
      source.onerror = () => {     // it comes back by itself, but gives up at any answer but 200
        if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, 2000);
      };
    }
    take(null);
    open();
    return () => { clearTimeout(timer); source.close(); };
  }, [eventsUrl, view.needsReread]);
  return view;
}

function Run({ eventsUrl }) {
  const view = useRun(eventsUrl);
  const whole = (blob) => new URL(blob.url, eventsUrl) + new URL(eventsUrl).search;
  return (
    <main>
      <h1>Run <span role="status">{statusOf(view)}</span></h1>
      {view.error && <p role="alert">{view.error.message}</p>}
      {view.steps.map((step) => (
        <section key={step.node}>
          <h2>{step.node} <small>{step.status}</small></h2>
          {step.blob ? <a href={whole(step.blob)}>The whole text</a> : <pre>{step.words.text}</pre>}
        </section>
      ))}
    </main>
  );
}

const eventsUrl = location.hash.replace("#events=", "");
createRoot(document.getElementById("root")).render(<Run eventsUrl={eventsUrl} />);
