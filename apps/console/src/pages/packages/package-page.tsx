import type { PackageDetailJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { createLazyRoute, Link } from "@tanstack/react-router";
import { type ComponentType, lazy, Suspense, useState } from "react";
import { client } from "../../api/client.ts";
import { counted } from "../../format/number.ts";
import { shortId } from "../../format/short-id.ts";
import { exactTime } from "../../format/time.ts";
import {
  Asked,
  Button,
  Bytes,
  Card,
  Figure,
  Figures,
  Page,
  Progress,
  State,
  Tabs,
  Time,
  toast,
  Waiting,
} from "../../kit/index.ts";
import { useNames } from "../../names/names.ts";
import { ownerPorts, useHasKey } from "../../names/owner-work.ts";
import { naming, packages as words } from "../../words/packages.ts";
import { isAgreed, isBeforeChain, isOver, moodOf, nextOf, stateSentence } from "./mood.ts";
import { RemoveDialog } from "./remove-dialog.tsx";
import { RenameDialog } from "./rename-dialog.tsx";
import { packageRoute, TABS, type Tab } from "./route.ts";

export interface TabProps {
  found: PackageDetailJson;
}

const PARTS: Record<Tab, ComponentType<TabProps>> = {
  safety: lazy(() => import("./tabs/safety-tab.tsx")),
  files: lazy(() => import("./tabs/files-tab.tsx")),
  copies: lazy(() => import("./tabs/copies-tab.tsx")),
  deals: lazy(() => import("./tabs/deals-tab.tsx")),
  proofs: lazy(() => import("./tabs/proofs-tab.tsx")),
  checks: lazy(() => import("./tabs/checks-tab.tsx")),
  money: lazy(() => import("./tabs/money-tab.tsx")),
  certificate: lazy(() => import("./tabs/certificate-tab.tsx")),
  asks: lazy(() => import("./tabs/asks-tab.tsx")),
};

function OnePackage() {
  const { id } = packageRoute.useParams();
  const query = useQuery({ queryKey: ["package", id], queryFn: () => client.package(id) });
  const name = useNames()({ id, label: query.data?.label ?? null });
  return (
    <Page
      title={name ?? words.one(shortId(id))}
      lead={name === undefined && query.data?.label ? <Locked /> : undefined}
      actions={query.data === undefined ? null : <Actions found={query.data} name={name} />}
    >
      <Asked query={query}>{(found) => <Found found={found} />}</Asked>
    </Page>
  );
}

/** That the name is not read here, and how it is. */
function Locked() {
  const hasKey = useHasKey();
  return (
    <span className="row">
      <span className="locked-name">{naming.locked}</span>
      {hasKey ? (
        <Button onClick={() => void ownerPorts(naming.rename.why).catch(() => undefined)}>{naming.unlock}</Button>
      ) : (
        <Link to="/welcome">{naming.bring}</Link>
      )}
    </span>
  );
}

function Actions({ found, name }: { found: PackageDetailJson; name: string | undefined }) {
  const [open, setOpen] = useState<"rename" | "remove">();
  const { id, state } = found;
  const share = async () => {
    const url = `${globalThis.location.origin}/packages/${id}`;
    try {
      await navigator.clipboard.writeText(url);
      toast(words.actions.shared);
    } catch {
      toast(words.actions.notShared(url));
    }
  };
  const close = () => setOpen(undefined);
  return (
    <>
      {isAgreed(state) && state !== "ENDING" ? (
        <Link className="button" data-kind="main" to="/packages/$id" params={{ id }} search={{ tab: "checks" }}>
          {words.actions.check}
        </Link>
      ) : null}
      <Button onClick={() => void share()}>{words.actions.share}</Button>
      {isOver(state) ? null : (
        <>
          <Button onClick={() => setOpen("rename")}>{words.actions.rename}</Button>
          {state === "ENDING" ? null : (
            <Button onClick={() => setOpen("remove")}>
              {isBeforeChain(state) ? words.actions.undo : words.actions.remove}
            </Button>
          )}
        </>
      )}
      <RenameDialog found={found} name={name} open={open === "rename"} onClose={close} />
      <RemoveDialog found={found} name={name} open={open === "remove"} onClose={close} />
    </>
  );
}

function Found({ found }: { found: PackageDetailJson }) {
  const { id, state, strength, progress } = found;
  const { tab = "safety" } = packageRoute.useSearch();
  const Part = PARTS[tab];
  return (
    <>
      <Card>
        <State mood={moodOf(state)} next={nextOf(found)}>
          {stateSentence(found)}
        </State>
        {progress.stage === "done" || isOver(state) ? null : (
          <Progress
            stage={progress.stage}
            done={progress.done}
            {...(progress.stage === "receiving" ? {} : { total: progress.total })}
            unit={progress.stage === "receiving" ? "bytes" : "count"}
          />
        )}
      </Card>
      <Figures>
        <Figure
          name={words.facts.shards}
          value={isAgreed(state) ? words.alive(strength.live, strength.full) : "—"}
          note={words.shardsNote(strength.needed)}
        />
        <Figure name={words.facts.size} value={<Bytes of={found.bytes} />} note={counted(found.files, "file")} />
        <Figure
          name={words.facts.stored}
          value={found.storedAt === null ? words.never : <Time at={found.storedAt} />}
          note={words.made(exactTime(found.createdAt))}
        />
        <Figure
          name={words.facts.expires}
          value={<Time at={found.expiresAt} />}
          note={found.expiresAt === null ? undefined : exactTime(found.expiresAt)}
        />
      </Figures>
      <Tabs label={words.tabsLabel}>
        {TABS.map((one) => (
          <Link
            key={one}
            to="/packages/$id"
            params={{ id }}
            search={{ tab: one }}
            replace
            resetScroll={false}
            aria-current={one === tab ? "page" : undefined}
          >
            {words.tabs[one]}
          </Link>
        ))}
      </Tabs>
      <Suspense fallback={<Waiting />}>
        <Part found={found} />
      </Suspense>
    </>
  );
}

export const page = createLazyRoute("/packages/$id")({ component: OnePackage });
