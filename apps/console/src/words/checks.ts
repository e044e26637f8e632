import { counted } from "../format/number.ts";

export const checks = {
  title: "Checks",
  lead: "Checks that come by themselves: providers are asked to show that they still have your data, and you are told of what is not sound.",
  list: {
    title: "Schedules",
    empty: {
      title: "No check is scheduled",
      body: "The network proves every deal by itself all the time. A schedule adds checks of your own, by samples or by reading everything.",
    },
    columns: { what: "What", kind: "How", every: "How often", next: "Next", last: "Last", act: "" },
    all: "All packages",
    pieces: (count: number) => counted(count, "piece"),
    kinds: { scrub: "Samples", full: "Everything is read" },
    never: "not yet",
    sound: "Sound",
    found: "Found something",
    running: "Under way",
    missed: (times: number) => `${counted(times, "time")} missed while no gateway ran`,
    remove: "Remove",
    removeTitle: "Remove this schedule?",
    removeBody: "Checks that were made stay in their packages' history. A check that is under way goes on to its end.",
  },
  add: {
    title: "Add a schedule",
    what: "What is checked",
    all: "All packages, those to come too",
    package: "One package, by its id",
    id: "Package",
    kind: "How",
    kinds: { scrub: "Samples: quick, costs little", full: "Read everything: slow, providers may charge for it" },
    every: "How often",
    everys: { "86400": "Daily", "604800": "Weekly", "2592000": "Every 30 days" },
    add: "Add schedule",
    added: "Schedule added",
  },
  every: (seconds: number): string =>
    seconds % 86_400 === 0
      ? seconds === 86_400
        ? "daily"
        : seconds === 604_800
          ? "weekly"
          : `every ${counted(seconds / 86_400, "day")}`
      : seconds % 3600 === 0
        ? `every ${counted(seconds / 3600, "hour")}`
        : `every ${counted(seconds, "second")}`,
} as const;
