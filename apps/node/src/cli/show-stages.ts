import type { StageEvent } from "@cairn/owner/stages";
import type { Output } from "./output.ts";
import { beginProgress, type Progress } from "./progress.ts";

/** Shows the stages of an operation as bars or lines, each under its label. Other events are not its own. */
export function showStages<Stage extends string>(
  output: Pick<Output, "progress">,
  labels: Record<Stage, [label: string, unit: "bytes" | "items"]>,
): (event: StageEvent<Stage> | { type: string }) => void {
  let shown: (Progress & { end(): void }) | undefined;
  return (event) => {
    if (!("stage" in event)) return;
    if (event.type === "begun") {
      const [label, unit] = labels[event.stage];
      shown = beginProgress(output, label, unit);
    } else if (event.type === "progress") shown?.update(event.done, event.total);
    else {
      shown?.end();
      shown = undefined;
    }
  };
}
