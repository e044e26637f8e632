import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const LOOK_MILLISECONDS = 500;
/** Bytes beside the heap that may have come since the last collection. */
const GROWTH_BYTES = 16 * 1024 * 1024;
/** Looks between two collections at least: one takes some 50 ms. */
const LOOKS_APART = 2;

/**
 * Collects garbage when much memory was taken beside the heap. V8 reckons by its heap, in which a Buffer of a mebibyte is an object of a hundred
 * bytes: a server that takes in bodies keeps hundreds of megabytes of them that nobody holds any more.
 *
 * @returns to end it
 */
export function collectBuffers(
  externalBytes: () => number = () => getHeapStatistics().external_memory,
  collect: () => void = exposedCollection(),
): () => void {
  let floor = externalBytes();
  let looks = 0;
  const timer = setInterval(() => {
    looks += 1;
    const now = externalBytes();
    if (now < floor) floor = now;
    if (now - floor < GROWTH_BYTES || looks < LOOKS_APART) return;
    collect();
    floor = externalBytes();
    looks = 0;
  }, LOOK_MILLISECONDS);
  timer.unref();
  return () => clearInterval(timer);
}

function exposedCollection(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
