import { useQuery } from "@tanstack/react-query";
import { client } from "../../../api/client.ts";
import { number } from "../../../format/number.ts";
import { Asked, Bytes, Card } from "../../../kit/index.ts";
import { account } from "../../../words/account.ts";

const words = account.limits;
type Name = keyof typeof words.names;
const NAMES = Object.keys(words.names) as Name[];
const BYTES: readonly Name[] = ["spoolBytes", "egressPerDay"];

export function LimitsCard() {
  const query = useQuery({ queryKey: ["limits"], queryFn: () => client.limits.own() });
  const said = (name: Name, value: number) => (BYTES.includes(name) ? <Bytes of={value} /> : number(value));
  return (
    <Card title={words.title}>
      <div className="stack">
        <p className="soft">{words.lead}</p>
        <Asked query={query}>
          {({ limits, used }) => (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
            <section className="table-scroll" tabIndex={0} aria-label={words.title}>
              <table className="table limits">
                <thead>
                  <tr>
                    <th scope="col">{words.columns.what}</th>
                    <th scope="col" className="number">
                      {words.columns.used}
                    </th>
                    <th scope="col" className="number">
                      {words.columns.most}
                    </th>
                    <td />
                    <th scope="col">{words.columns.when}</th>
                  </tr>
                </thead>
                <tbody>
                  {NAMES.map((name) => {
                    const most = limits[name];
                    const [what, when] = words.names[name];
                    return (
                      <tr key={name}>
                        <th scope="row">{what}</th>
                        <td className="number">{said(name, used[name])}</td>
                        <td className="number">{most === null ? words.none : said(name, most)}</td>
                        <td>
                          {most === null || most === 0 ? null : (
                            <meter aria-label={words.share(what)} value={used[name]} max={most} high={most * 0.9} />
                          )}
                        </td>
                        <td className="soft">{when}</td>
                      </tr>
                    );
                  })}
                </tbody>
              </table>
            </section>
          )}
        </Asked>
      </div>
    </Card>
  );
}
