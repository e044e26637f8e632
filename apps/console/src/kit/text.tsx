import { useEffect, useState } from "react";
import { bytes } from "../format/bytes.ts";
import { coins } from "../format/coins.ts";
import { shortId } from "../format/short-id.ts";
import { exactTime, relativeTime } from "../format/time.ts";
import { kit } from "../words/shell.ts";

/** The time in UNIX seconds, anew every `everySeconds`. */
export function useNow(everySeconds = 15): number {
  const [now, setNow] = useState(() => Date.now() / 1000);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now() / 1000), everySeconds * 1000);
    return () => clearInterval(timer);
  }, [everySeconds]);
  return now;
}

/** A time relative to now, the exact one on hover. @param at UNIX seconds */
export function Time({ at }: { at: number | null }) {
  const now = useNow();
  if (at === null) return <span className="soft">{kit.none}</span>;
  return (
    <time dateTime={new Date(at * 1000).toISOString()} title={exactTime(at)}>
      {relativeTime(at, now)}
    </time>
  );
}

export const Bytes = ({ of }: { of: number | string }) => (
  <span className="numbers" title={`${of} B`}>
    {bytes(of)}
  </span>
);

export const Coins = ({ of }: { of: string }) => (
  <span className="numbers" title={`${of} wei`}>
    {coins(of)}
  </span>
);

/** An id, address or hash: short, the whole on hover. */
export const Id = ({ of }: { of: string }) => <code title={of}>{shortId(of)}</code>;
