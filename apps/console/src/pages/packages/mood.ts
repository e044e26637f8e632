import type { Mood } from "../../kit/index.ts";

const MOODS: Record<string, Mood> = { STORED: "good", DEGRADED: "warn", PLACING: "warn", LOST: "bad" };

export const moodOf = (state: string): Mood => (Object.hasOwn(MOODS, state) ? MOODS[state] : undefined) ?? "off";
