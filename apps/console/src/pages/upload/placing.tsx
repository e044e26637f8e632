import type { PackageDetailJson } from "@cairn/client";
import { handOver } from "@cairn/owner/follow-package";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { client } from "../../api/client.ts";
import { Asked, Progress, State } from "../../kit/index.ts";
import { upload as words } from "../../words/upload.ts";

/** In the order in which a part goes through them. */
const PHASES = ["EMPTY", "QUOTED", "PROPOSED", "RECEIPTED", "ACTIVE", "ENDED"] as const;

/** How far the parts of an agreed package are, from the gateway's own view of it: live events make it anew. */
export function Placing({ id }: { id: string }) {
  const query = useQuery({ queryKey: ["package", id], queryFn: () => client.package(id), refetchInterval: 3_000 });
  return (
    <div className="stack">
      <Asked query={query}>{(found) => <Parts found={found} />}</Asked>
      <p>
        <Link to="/packages/$id" params={{ id }}>
          {words.open}
        </Link>
      </p>
    </div>
  );
}

function Parts({ found }: { found: PackageDetailJson }) {
  const { slots } = found;
  const { done, total } = handOver(found);
  const waiting = new Map<string, number>();
  for (const { cause } of slots) if (cause !== null) waiting.set(cause, (waiting.get(cause) ?? 0) + 1);
  return (
    <>
      <p>{words.slots.sentence}</p>
      <Progress stage={words.slots.stage} done={done} total={total} />
      <ol className="phases" aria-label={words.slots.title}>
        {PHASES.map((phase) => {
          const count = slots.filter(({ state }) => state === phase).length;
          return count === 0 && phase !== "ACTIVE" ? null : (
            <li key={phase} data-phase={phase} data-none={count === 0} title={words.slots.states[phase]}>
              {words.slots.counts(count, words.slots.short[phase] ?? phase)}
            </li>
          );
        })}
      </ol>
      {[...waiting].map(([cause, count]) => (
        <State key={cause} mood="warn">
          {words.slots.waits(count, cause)}
        </State>
      ))}
    </>
  );
}
