import { stderr } from "node:process";
import progress from "cli-progress";
import { formatBytes, formatDuration } from "./format.ts";

const { Format, Presets, SingleBar } = progress;

export interface Progress {
  /** Absolute position; `total` may grow while it is learnt. */
  update(done: number, total: number): void;
  stop(): void;
}

/** A bar with rate and time left on a terminal's standard error; nothing elsewhere. */
export function startProgress(label: string, unit: "bytes" | "items", quiet: boolean): Progress {
  if (quiet || !stderr.isTTY) return { update() {}, stop() {} };
  const amount = (value: number) => (unit === "bytes" ? formatBytes(value) : String(Math.round(value)));
  const started = performance.now();
  const bar = new SingleBar(
    {
      stream: stderr,
      clearOnComplete: false,
      hideCursor: true,
      format: (options, params) => {
        const seconds = (performance.now() - started) / 1000;
        const rate = seconds > 0 ? params.value / seconds : 0;
        const left = rate > 0 ? `, ${formatDuration((params.total - params.value) / rate)} left` : "";
        const drawn = Format.BarFormat(params.progress, options);
        return `${label} ${drawn} ${amount(params.value)} of ${amount(params.total)}, ${amount(rate)}/s${left}`;
      },
    },
    Presets.shades_classic,
  );
  bar.start(1, 0);
  return {
    update(done, total) {
      bar.setTotal(Math.max(total, done, 1));
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
}
