import { periodStart } from "@cairn/core/periods";
import type { FetchedCertificate } from "@cairn/owner/fetch-certificate";
import { useState } from "react";
import { client } from "../../../api/client.ts";
import { exactTime } from "../../../format/time.ts";
import { Button, Bytes, Card, Empty, Facts, Id, Problem, Progress, State, Time, toast } from "../../../kit/index.ts";
import { ownerPorts } from "../../../names/owner-work.ts";
import { certificate as words } from "../../../words/package-tabs.ts";
import { isAgreed } from "../mood.ts";
import type { TabProps } from "../package-page.tsx";
import { saveBytes } from "../save-bytes.ts";

const MOST_GAPS = 20;

/** Makes a custody certificate, checks it in this page, and hands it over, signed with the owner's key where that is wanted. */
export default function CertificateTab({ found }: TabProps) {
  const { id, state } = found;
  const [made, setMade] = useState<FetchedCertificate>();
  const [busy, setBusy] = useState<"make" | "sign">();
  const [fault, setFault] = useState<unknown>();
  const file = `cairn-certificate-${id.slice(0, 8)}.json`;

  const act = (what: "make" | "sign", work: () => Promise<void>) => async () => {
    setBusy(what);
    setFault(undefined);
    try {
      await work();
    } catch (error) {
      setFault(error);
    } finally {
      setBusy(undefined);
    }
  };
  const make = act("make", async () => {
    const { certificateOf } = await import("@cairn/owner/fetch-certificate");
    setMade(await certificateOf(client, { found, network: await client.network() }));
  });
  const sign = act("sign", async () => {
    const ports = await ownerPorts(words.why);
    const { signDetached } = await import("@cairn/archive/browser");
    const signature = await signDetached(await ports.owner.openKey(), made!.bytes);
    saveBytes(`${file}.asc`, new TextEncoder().encode(signature));
    toast(words.signed);
  });

  if (!isAgreed(state) || state === "PLACING") {
    return (
      <Card>
        <Empty title={words.none.title}>{words.none.body}</Empty>
      </Card>
    );
  }
  return (
    <Card title={words.title}>
      <div className="stack">
        <p className="soft">{words.lead}</p>
        {fault === undefined ? null : <Problem error={fault} />}
        {busy === "make" ? <Progress stage={words.making} done={0} /> : null}
        {made === undefined ? null : <Report made={made} />}
        <div className="row">
          <Button {...(made === undefined ? { kind: "main" } : {})} busy={busy === "make"} onClick={() => void make()}>
            {made === undefined ? words.make : words.again}
          </Button>
          {made === undefined ? null : (
            <>
              <Button kind="main" onClick={() => saveBytes(file, made.bytes)}>
                {words.download}
              </Button>
              <Button busy={busy === "sign"} title={words.signHint} onClick={() => void sign()}>
                {words.sign}
              </Button>
            </>
          )}
        </div>
        {made === undefined ? null : <p className="soft">{words.verify}</p>}
      </div>
    </Card>
  );
}

function Report({ made: { bytes, report } }: { made: FetchedCertificate }) {
  const { certificate, custody, unsigned, deals } = report;
  const at = (period: number) => exactTime(periodStart(period, { ...certificate.network, graceSeconds: 0 }));
  const { facts } = words;
  const bare = deals.filter(
    ({ from, to, borneOutFrom, borneOutTo }) => to >= 0 && (borneOutFrom > from || borneOutTo < to),
  ).length;
  return (
    <div className="stack">
      <State mood="good">{words.holds}</State>
      {custody === undefined ? (
        <State mood="warn" next={words.noCustodyNext}>
          {words.noCustody}
        </State>
      ) : (
        <div>
          <State mood={custody.gaps.length === 0 ? "good" : "warn"}>
            {words.custody(at(custody.from), at(custody.to + 1))}{" "}
            {custody.gaps.length === 0 ? words.noGaps : words.gaps(custody.gaps.length)}
          </State>
          {custody.gaps.length === 0 ? null : (
            <ul>
              {custody.gaps.slice(0, MOST_GAPS).map(({ from, to }) => (
                <li key={from}>{words.gap(at(from), at(to + 1))}</li>
              ))}
            </ul>
          )}
        </div>
      )}
      {bare === 0 ? null : <State mood="warn">{words.bare(bare)}</State>}
      {unsigned.length === 0 ? null : <State mood="warn">{words.unsigned(unsigned.length)}</State>}
      <Facts
        of={[
          [facts.issued, <Time key="issued" at={certificate.issuedAt} />],
          [facts.bytes, <Bytes key="bytes" of={bytes.length} />],
          [facts.deals, deals.length],
          [facts.periods, certificate.roots.length],
          [facts.verifiers, words.quorum(certificate.set.quorum, certificate.set.verifiers.length)],
          [facts.gateway, <Id key="gateway" of={certificate.gateway} />],
        ]}
      />
    </div>
  );
}
