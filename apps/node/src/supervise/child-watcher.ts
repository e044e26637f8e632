import { spawn } from "node:child_process";
import type { ProcessIdentity } from "@cairn/process";

/** How long children have, after the supervisor died, to end by themselves. */
const GRACE_SECONDS = 5;

/**
 * Reads the present list of `pid:start` words, a line at a time. When the input ends without the word `done`, the supervisor was
 * killed: whatever of the last list still runs after the grace, with the same start time, is killed with its group.
 */
const SCRIPT = `
list=
while read -r line; do list=$line; done
[ "$list" = done ] && exit 0
sleep ${GRACE_SECONDS}
for entry in $list; do
  pid=\${entry%%:*}
  start=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d' ' -f20)
  [ "$start" = "\${entry#*:}" ] && { kill -KILL "-$pid" || kill -KILL "$pid"; } 2>/dev/null
done
`;

export interface ChildWatcher {
  /** The children that must not outlive this process. */
  update(children: ProcessIdentity[]): void;
  /** All ended in order: nothing is left to watch. */
  close(): void;
}

/** A shell of 1 MB that outlives a killed supervisor just long enough to end the children that did not end by themselves. */
export function watchChildren(): ChildWatcher {
  const watcher = spawn("/bin/sh", ["-c", SCRIPT, "cairn-watcher"], {
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
    env: { PATH: "/usr/bin:/bin" },
  });
  // Without the watcher children still end by their own parent pipe.
  watcher.on("error", () => undefined);
  watcher.stdin.on("error", () => undefined);
  watcher.unref();
  (watcher.stdin as unknown as { unref?: () => void }).unref?.();
  return {
    update: (children) =>
      void watcher.stdin.write(`${children.map(({ pid, start }) => `${pid}:${start}`).join(" ")}\n`),
    close: () => void watcher.stdin.end("done\n"),
  };
}
