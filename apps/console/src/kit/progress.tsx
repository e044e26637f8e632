import { bytes } from "../format/bytes.ts";
import { duration } from "../format/time.ts";
import { kit } from "../words/shell.ts";
import { Button } from "./buttons.tsx";

export interface ProgressProps {
  /** What is being done, in words. */
  stage: string;
  /** Bytes, or any count with `unit`. Without a total it only moves. */
  done: number;
  total?: number | undefined;
  /** Per second. */
  rate?: number | undefined;
  unit?: "bytes" | "count";
  onStop?: () => void;
}

export function Progress({ stage, done, total, rate, unit = "bytes", onStop }: ProgressProps) {
  const said = (value: number) => (unit === "bytes" ? bytes(value) : String(value));
  const left = total === undefined || rate === undefined || rate <= 0 ? undefined : (total - done) / rate;
  const words = [
    total === undefined ? said(done) : `${said(done)} / ${said(total)}`,
    ...(rate === undefined || unit === "count" ? [] : [kit.rate(bytes(Math.round(rate)))]),
    ...(left === undefined ? [] : [kit.left(duration(left))]),
  ];
  return (
    <div className="progress">
      <div className="row">
        <span>{stage}</span>
        {onStop === undefined ? null : (
          <Button className="right" onClick={onStop}>
            {kit.stop}
          </Button>
        )}
      </div>
      <progress
        aria-label={stage}
        max={total ?? undefined}
        value={total === undefined ? undefined : Math.min(done, total)}
      />
      <p>{words.join(" · ")}</p>
    </div>
  );
}
