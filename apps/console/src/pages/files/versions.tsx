import { useQuery } from "@tanstack/react-query";
import { callFiles } from "../../files/files.ts";
import { hashOf } from "../../files/place.ts";
import { Asked, Bytes, Time } from "../../kit/index.ts";
import { files as words } from "../../words/files.ts";

/** What stood at a path in one package after another of the same name. */
export function Versions({ package: id, path }: { package: string; path: readonly string[] }) {
  const query = useQuery({
    queryKey: ["files", "versions", id, path],
    queryFn: () => callFiles("versions", { package: id, path: [...path] }),
    gcTime: 0,
    retry: false,
  });
  return (
    <section className="versions" aria-label={words.versions.title}>
      <h3>{words.versions.title}</h3>
      <Asked query={query}>
        {(versions) =>
          versions.length < 2 ? (
            <p className="soft">{words.versions.only}</p>
          ) : (
            <>
              <p className="soft">{words.versions.lead}</p>
              <table className="table">
                <thead>
                  <tr>
                    <th scope="col">{words.columns.stored}</th>
                    <th scope="col" className="number">
                      {words.columns.size}
                    </th>
                    <th scope="col">{words.columns.modified}</th>
                    <th scope="col">{words.versions.title}</th>
                  </tr>
                </thead>
                <tbody>
                  {versions.map(({ package: of, createdAt, is, row, isSame, error }) => (
                    <tr key={of}>
                      <th scope="row">
                        <Time at={createdAt} />
                      </th>
                      <td className="number">{row === undefined ? "—" : <Bytes of={row.size} />}</td>
                      <td>{row === undefined ? "—" : <Time at={row.seconds} />}</td>
                      <td>
                        {of === id ? (
                          words.versions.this
                        ) : is === "here" ? (
                          <>
                            <a href={`#${hashOf({ package: of, path })}`}>{words.versions.here}</a>
                            {isSame ? <span className="soft"> {words.versions.same}</span> : null}
                          </>
                        ) : (
                          <span className="soft">{error?.message ?? words.versions[is]}</span>
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </>
          )
        }
      </Asked>
    </section>
  );
}
