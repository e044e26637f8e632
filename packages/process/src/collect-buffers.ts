import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const LOOK_MILLISECONDS = 500;
/** Bytes beside the heap that may have come since the last collection. */
const GROWTH_BYTES = 16 * 1024 * 1024;
/** Looks between two collections at least: one of all takes some 50 ms. */
const LOOKS_APART = 2;

/** Of what is young takes a millisecond or two, and frees what was never held for long; of all, what grew old. */
export type Collect = (what: "young" | "all") => void;

/**
 * Collects garbage when much memory was taken beside the heap. V8 reckons by its heap, in which a Buffer of a mebibyte is an object of a hundred
 * bytes: a server that takes in bodies keeps hundreds of megabytes of them that nobody holds any more. The whole heap is marked only where
 * collecting what is young did not free enough.
 *
 * @returns to end it
 */
export function collectBuffers(
  externalBytes: () => number = () => getHeapStatistics().external_memory,
  collect: Collect = exposedCollection(),
): () => void {
  let floor = externalBytes();
  let looks = 0;
  const grown = (): boolean => {
    const now = externalBytes();
    if (now < floor) floor = now;
    return now - floor >= GROWTH_BYTES;
  };
  const timer = setInterval(() => {
    looks += 1;
    if (!grown() || looks < LOOKS_APART) return;
    looks = 0;
    collect("young");
    if (!grown()) return;
    collect("all");
    floor = externalBytes();
  }, LOOK_MILLISECONDS);
  timer.unref();
  return () => clearInterval(timer);
}

function exposedCollection(): Collect {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as (options?: { type: "minor" }) => void;
  return (what) => (what === "young" ? gc({ type: "minor" }) : gc());
}
