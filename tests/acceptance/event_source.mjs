// Reads each URL to its end with an EventSource, all at once, then asks each once more. Standard
// input is {"urls", "types"}: an EventSource hears only the types of event it listens for. Prints a
// JSON list: the frames heard, how it closed, what came after.

function read(url, types) {
  return new Promise((resolve) => {
    const source = new EventSource(url);
    const frames = [];
    let cuts = 0;
    let ended = false;
    for (const type of types) {
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

async function readAndReturn(url, types) {
  const heard = await read(url, types);
  const last = heard.frames.at(-1)[0];
  const again = await fetch(`${url}&after=${last}`);
  return { ...heard, afterwards: again.status };
}

// The timer of a reconnection does not keep the process alive; this one does.
const alive = setInterval(() => {}, 1000);
let input = "";
for await (const chunk of process.stdin) input += chunk;
const { urls, types } = JSON.parse(input);
const heard = await Promise.all(urls.map((url) => readAndReturn(url, types)));
process.stdout.write(JSON.stringify(heard));
clearInterval(alive);
