import type { Drawing } from "./drawing";
import { laidOut } from "./layout";

self.onmessage = ({ data }: MessageEvent<Drawing>) => self.postMessage(laidOut(data));
