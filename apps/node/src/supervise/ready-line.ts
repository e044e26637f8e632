const LONGEST_LINE = 65_536;

function readyObject(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const value = JSON.parse(line) as Record<string, unknown>;
    return value.ready === true ? value : undefined;
  } catch {
    return undefined; // A line of another kind that begins with a brace.
  }
}

/**
 * The first line of a stream that is a JSON object with `ready` true. All bytes, before and after it, go to `also`; lines over 64 KiB
 * are passed on and not looked at.
 */
export function readyLine(
  listen: (onBytes: (bytes: Buffer) => void) => void,
  also: (bytes: Buffer) => void,
): Promise<Record<string, unknown>> {
  return new Promise((resolve) => {
    let found = false;
    let line: Buffer | undefined = Buffer.alloc(0);
    listen((bytes) => {
      also(bytes);
      for (let at = 0; !found && at < bytes.length; ) {
        const end = bytes.indexOf(10, at);
        const part = bytes.subarray(at, end < 0 ? undefined : end);
        line = line && line.length + part.length <= LONGEST_LINE ? Buffer.concat([line, part]) : undefined;
        if (end < 0) break;
        const ready = line && readyObject(line.toString("utf8"));
        if (ready) {
          found = true;
          resolve(ready);
        }
        line = Buffer.alloc(0);
        at = end + 1;
      }
    });
  });
}
