import type { ChannelText, NoticeSettingsJson } from "@cairn/client";
import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { client } from "../../../api/client.ts";
import { queryClient } from "../../../api/query-client.ts";
import { Asked, Button, Card, Choice, Problem, toast } from "../../../kit/index.ts";
import { notices } from "../../../words/notices.ts";
import { settings } from "../../../words/settings.ts";
import { CHANNELS, FREQUENCIES, KINDS, type NoticeKind } from "../notice-kinds.ts";

const words = notices.kinds;
const KEY = ["notices", "settings"];

/** Kinds × channels; each change is saved at once, one after the other. */
export function KindsCard() {
  const query = useQuery({ queryKey: KEY, queryFn: () => client.notices.settings() });
  const [fault, setFault] = useState<unknown>();
  const turn = useRef(Promise.resolve());
  const change = (kind: NoticeKind, part: Partial<NoticeSettingsJson["kinds"][NoticeKind]>) => {
    const shown = queryClient.getQueryData<NoticeSettingsJson>(KEY);
    if (shown === undefined) return;
    const next = { ...shown, kinds: { ...shown.kinds, [kind]: { ...shown.kinds[kind], ...part } } };
    queryClient.setQueryData(KEY, next);
    setFault(undefined);
    turn.current = turn.current.then(async () => {
      try {
        // Only this of what is there now: days and threshold may have been set elsewhere.
        const now = await client.notices.settings();
        await client.notices.changeSettings({ ...now, kinds: { ...now.kinds, [kind]: next.kinds[kind] } });
        void queryClient.invalidateQueries({ queryKey: ["settings", "storing"] });
      } catch (error) {
        setFault(error);
        await query.refetch();
      }
    });
  };
  return (
    <Card title={words.title} actions={<TestButton />}>
      <div className="stack">
        <Asked query={query}>
          {({ kinds }) => (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
            <section className="table-scroll" tabIndex={0} aria-label={words.title}>
              <table className="table kinds">
                <thead>
                  <tr>
                    <th scope="col">{words.kind}</th>
                    <th scope="col">{words.often}</th>
                    {CHANNELS.map((channel) => (
                      <th key={channel} scope="col" className="mark">
                        {words.channels[channel]}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {KINDS.map((kind) => (
                    <KindRow key={kind} kind={kind} {...kinds[kind]} change={(part) => change(kind, part)} />
                  ))}
                </tbody>
              </table>
            </section>
          )}
        </Asked>
        {fault === undefined ? null : <Problem error={fault} />}
        <p className="soft">
          {words.saved} {words.note}
        </p>
      </div>
    </Card>
  );
}

type Told = NoticeSettingsJson["kinds"][NoticeKind];

function KindRow({
  kind,
  frequency,
  channels,
  change,
}: Told & { kind: NoticeKind; change: (part: Partial<Told>) => void }) {
  const [name, hint] = words.names[kind];
  const toggle = (channel: ChannelText, on: boolean) =>
    change({ channels: CHANNELS.filter((one) => (one === channel ? on : channels.includes(one))) });
  return (
    <tr>
      <th scope="row">
        {name}
        <small className="soft">{hint}</small>
      </th>
      <td>
        <Choice
          quiet
          label={words.oftenOf(name)}
          value={frequency}
          choices={FREQUENCIES[kind].map((one) => [one, settings.frequency(one)] as const)}
          onChange={(next) => change({ frequency: next })}
        />
      </td>
      {CHANNELS.map((channel) => (
        <td key={channel} className="mark" data-label={words.channels[channel]}>
          <input
            type="checkbox"
            aria-label={words.sendOf(name, words.channels[channel])}
            checked={channels.includes(channel)}
            disabled={frequency === "never"}
            onChange={(event) => toggle(channel, event.target.checked)}
          />
        </td>
      ))}
    </tr>
  );
}

/** A notice every way that there is. */
function TestButton() {
  const [busy, setBusy] = useState(false);
  const send = async () => {
    setBusy(true);
    try {
      await client.notices.test();
      toast(notices.tested);
      void queryClient.invalidateQueries({ queryKey: ["notices"] });
    } catch (error) {
      toast(<Problem error={error} />);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button busy={busy} onClick={() => void send()}>
      {notices.test}
    </Button>
  );
}
