import { spawn } from "node:child_process";
import { lutimesSync } from "node:fs";
import { setImmediate as breathe } from "node:timers/promises";

export interface TimedPath {
  /** Absolute. */
  path: Uint8Array;
  seconds: number;
  nanoseconds: number;
}

/**
 * Node sets times as floating-point seconds, which today are 238 ns apart. Perl, which is essential in Debian and its
 * kin, reaches utimensat(2) itself: its number per machine, AT_FDCWD, UTIME_OMIT for the access time, no links followed.
 */
const SYSCALLS: Record<string, number | undefined> = { x64: 280, arm64: 88 };
/** Paths between two turns of the event loop. */
const STRIDE = 512;
const UTIME_OMIT = 1_073_741_822;
const SCRIPT = `
$/ = "\\0"; binmode STDIN;
while (my $line = <STDIN>) {
  chomp $line;
  my ($s, $n, $path) = $line =~ /^(-?\\d+) (\\d+) (.*)$/s or exit 2;
  my $times = pack("q4", 0, ${UTIME_OMIT}, $s, $n);
  syscall($ARGV[0], -100, $path, $times, 256) == 0 or exit 3;
}`;

/**
 * Sets modification times, of links themselves too: to the nanosecond where perl is at hand, and within a microsecond
 * otherwise. @returns whether all times are exact
 */
export async function setTimes(paths: TimedPath[]): Promise<boolean> {
  if (await setExactly(paths)) return true;
  for (const [index, { path, seconds, nanoseconds }] of paths.entries()) {
    if (index % STRIDE === 0) await breathe();
    const time = seconds + nanoseconds / 1e9;
    lutimesSync(Buffer.from(path), time, time);
  }
  return paths.every((entry) => entry.nanoseconds === 0);
}

function setExactly(paths: TimedPath[]): Promise<boolean> {
  const number = process.platform === "linux" ? SYSCALLS[process.arch] : undefined;
  if (number === undefined) return Promise.resolve(false);
  return new Promise((resolve) => {
    const perl = spawn("perl", ["-e", SCRIPT, String(number)], { stdio: ["pipe", "ignore", "ignore"] });
    perl.once("error", () => resolve(false));
    perl.once("close", (code) => resolve(code === 0));
    // A pipe that breaks shows in the exit code.
    perl.stdin.on("error", () => undefined);
    for (const { path, seconds, nanoseconds } of paths) {
      perl.stdin.write(Buffer.concat([Buffer.from(`${seconds} ${nanoseconds} `), path, Buffer.alloc(1)]));
    }
    perl.stdin.end();
  });
}
