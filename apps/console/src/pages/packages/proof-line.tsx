import type { ProofSpanJson } from "@cairn/client";
import { exactTime } from "../../format/time.ts";
import { wordOf } from "../../format/word-of.ts";
import { proofs as words } from "../../words/package-tabs.ts";

const WIDTH = 400;
const HEIGHT = 16;

/** A deal's periods as a line from `from` until `until` (UNIX seconds): what came in each span, nothing left out. */
export function ProofLine({
  spans,
  from,
  until,
  label,
}: {
  spans: readonly ProofSpanJson[];
  from: number;
  until: number;
  label: string;
}) {
  const at = (time: number) => ((time - from) / Math.max(1, until - from)) * WIDTH;
  return (
    <svg
      className="proof-line"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={label}
      preserveAspectRatio="none"
    >
      {spans.map(({ from: period, since, until: end, outcome }) => (
        <rect
          key={period}
          x={at(since)}
          y={0}
          width={Math.max(1, at(end) - at(since))}
          height={HEIGHT}
          data-outcome={outcome}
        >
          <title>{`${wordOf(words.outcomes, outcome)}: ${exactTime(since)} – ${exactTime(end)}`}</title>
        </rect>
      ))}
    </svg>
  );
}
