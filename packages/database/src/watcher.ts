import { type ChildProcess, spawn } from "node:child_process";

/** Waits for the end of its input, which comes when this process is gone, then stops the server if that still is the same one. */
const SCRIPT = `
cat >/dev/null
for signal in INT QUIT KILL; do
  [ "$(readlink "/proc/$1/cwd")" = "$2" ] || exit 0
  kill -"$signal" "$1"
  sleep 2
done
`;

/**
 * A shell of 1 MB, in a session of its own, that stops the server when this process ends without having done so (kill -9).
 * Ending its input lets it go.
 */
export function watchServer(postmaster: number, data: string): ChildProcess {
  const watcher = spawn("/bin/sh", ["-c", SCRIPT, "cairn-postgres-watcher", String(postmaster), data], {
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
    env: { PATH: "/usr/bin:/bin" },
  });
  watcher.stdin?.on("error", () => watcher.kill());
  watcher.unref();
  (watcher.stdin as unknown as { unref?: () => void }).unref?.();
  return watcher;
}
