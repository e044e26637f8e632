import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../../../api/client.ts";
import type { HeldOwner } from "../../../keys/keys.ts";
import { Button, Card, Confirm, Facts, Field, Form, Problem, State, Time } from "../../../kit/index.ts";
import { phrase as words } from "../../../words/phrase.ts";
import {
  COPIES,
  checkPhrase,
  confirmWritten,
  createPhrase,
  DAYS,
  type PhraseState,
  phraseState,
  updatePhrase,
} from "./phrase.ts";
import { beginPhrase, restPhrase, usePhraseWork } from "./phrase-work.ts";

/** The recovery phrase: made and shown once, checked, looked after. */
export function PhraseCard({ held }: { held: HeldOwner }) {
  const now = usePhraseWork();
  const [replacing, setReplacing] = useState(false);
  const has = held.phrase !== undefined;
  return (
    <Card title={words.title}>
      <div className="stack">
        {now.at === "shown" ? (
          <Shown made={now.made} fault={now.fault} onWritten={() => void restPhrase(confirmWritten)} />
        ) : now.at === "asked" ? (
          <>
            <State mood="warn">{words.cost(now.cost, COPIES, DAYS)}</State>
            <div className="row">
              <Button kind="main" onClick={now.agree}>
                {words.agree}
              </Button>
              <Button onClick={now.discard}>{words.discard}</Button>
            </div>
          </>
        ) : now.at === "rest" ? (
          <>
            <p>{words.body}</p>
            {has && held.phraseWrittenAt === undefined ? (
              <State mood="warn" next={words.unwrittenNext}>
                {words.unwritten}
              </State>
            ) : has ? (
              <State mood="good">{words.made}</State>
            ) : (
              <State mood="warn" next={words.noneNext}>
                {words.none}
              </State>
            )}
            {held.earlierPhrases ? (
              <State mood="warn" next={words.earlierNext}>
                {words.earlier}
              </State>
            ) : null}
            {now.updated ? <State mood="good">{words.state.updated}</State> : null}
            {has ? <Kept /> : null}
            {now.fault === undefined ? null : <Problem error={now.fault} />}
            <div className="row">
              <Button
                {...(has ? {} : { kind: "main" as const })}
                onClick={() => (has ? setReplacing(true) : beginPhrase(createPhrase))}
              >
                {has ? words.replace : words.make}
              </Button>
            </div>
          </>
        ) : (
          <p role="status">{words[now.at]}</p>
        )}
      </div>
      <Confirm
        title={words.replaceTitle}
        open={replacing}
        onClose={() => setReplacing(false)}
        act={words.replace}
        danger
        onConfirm={async () => beginPhrase(createPhrase)}
      >
        {words.replaceBody}
      </Confirm>
    </Card>
  );
}

function Shown({ made, fault, onWritten }: { made: string; fault: unknown; onWritten: () => void }) {
  const network = useQuery({ queryKey: ["network"], queryFn: () => client.network() });
  return (
    <>
      <State mood="warn" next={words.shownNext}>
        {words.shown}
      </State>
      <ol className="phrase" aria-label={words.list}>
        {made.split(" ").map((word, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a word may be there twice, and none moves
          <li key={index}>{word}</li>
        ))}
      </ol>
      {network.data === undefined ? null : (
        <p>
          {words.contract} <code>{network.data.deployment.deals.toLowerCase()}</code>
        </p>
      )}
      <p className="soft">{words.back}</p>
      {fault === undefined ? null : <Problem error={fault} />}
      <div className="row">
        <Button kind="main" onClick={onWritten}>
          {words.written}
        </Button>
      </div>
    </>
  );
}

/** What is done with a phrase that there is. */
function Kept() {
  const [written, setWritten] = useState("");
  const [good, setGood] = useState(false);
  const [found, setFound] = useState<PhraseState>();
  return (
    <>
      <h3>{words.check.title}</h3>
      <Form
        onSubmit={async () => {
          setGood(false);
          await checkPhrase(written);
          setWritten("");
          setGood(true);
        }}
      >
        {({ busy }) => (
          <>
            <Field
              label={words.check.label}
              autoComplete="off"
              spellCheck={false}
              value={written}
              onChange={(event) => setWritten(event.target.value)}
            />
            {good ? <State mood="good">{words.check.good}</State> : null}
            <div className="row">
              <Button type="submit" busy={busy} disabled={written.trim() === ""}>
                {words.check.action}
              </Button>
            </div>
          </>
        )}
      </Form>
      {found === undefined ? null : <Found found={found} />}
      <Form onSubmit={async () => setFound(await phraseState())}>
        {({ busy }) => (
          <div className="row">
            <Button type="submit" busy={busy}>
              {words.state.action}
            </Button>
            <Button onClick={() => beginPhrase(updatePhrase)}>{words.state.update}</Button>
          </div>
        )}
      </Form>
    </>
  );
}

function Found({ found: { newest, changed } }: { found: PhraseState }) {
  const { bundle, detail } = newest;
  const { state } = words;
  return (
    <>
      <State mood={changed.length === 0 ? "good" : "warn"} next={changed.length === 0 ? undefined : state.changedNext}>
        {changed.length === 0 ? state.fresh : state.changed(changed.map((one) => state.names[one]))}
      </State>
      <Facts
        of={[
          [state.stored, <Time key="s" at={bundle.created} />],
          [state.copies, state.copiesOf(detail.strength.live, detail.strength.full)],
          ...(detail.expiresAt === null
            ? []
            : [
                [
                  state.ends,
                  <span key="e">
                    <Time at={detail.expiresAt} />, {state.endsNote}
                  </span>,
                ] as const,
              ]),
        ]}
      />
    </>
  );
}
