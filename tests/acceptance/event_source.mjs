// Reads each URL given on standard input (a JSON list) to its end with an EventSource, all at once,
// then asks each once more. Prints a JSON list: the frames heard, how it closed, what came after.
const TYPES = [
  "run.requested", "run.started", "run.stopping", "run.completed", "run.failed", "run.cancelled",
  "step.ready", "step.started", "step.turn", "step.completed", "step.failed", "step.cancelled",
  "step.skipped", "step.delta", "step.thinking", "step.tool", "step.citation", "step.progress", "end",
];

function read(url) {
  return new Promise((resolve) => {
    const source = new EventSource(url);
    const frames = [];
    let cuts = 0;
    let ended = false;
    for (const type of TYPES) {
      source.addEventListener(type, (event) => {
        frames.push([event.lastEventId, event.type, event.data]);
        ended ||= type === "end";
      });
    }
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) resolve({ frames, cuts, ended });
      else cuts += 1;
    };
  });
}

async function readAndReturn(url) {
  const heard = await read(url);
  const last = heard.frames.at(-1)[0];
  const again = await fetch(`${url}&after=${last}`);
  return { ...heard, afterwards: again.status };
}

// The timer of a reconnection does not keep the process alive; this one does.
const alive = setInterval(() => {}, 1000);
let input = "";
for await (const chunk of process.stdin) input += chunk;
const heard = await Promise.all(JSON.parse(input).map(readAndReturn));
process.stdout.write(JSON.stringify(heard));
clearInterval(alive);
