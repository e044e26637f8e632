import type { Mood } from "../../kit/index.ts";

export const moodOfSeverity = (severity: string): Mood =>
  severity === "error" ? "bad" : severity === "warning" ? "warn" : "off";
