import type { ProviderDetail } from "@flywheel/protocol";
import { Link } from "@tanstack/react-router";
import { oneLine } from "../../text/escape.ts";
import { formatCount } from "../../text/format.ts";
import { GridHead } from "../shell/GridHead.tsx";

/** A shape and words for whether a provider can be called. */
export function Availability({ provider }: { provider: ProviderDetail }) {
  return (
    <span className={provider.available ? "availability" : "availability missing"}>
      <span className="status-shape" aria-hidden="true">
        {provider.available ? "●" : "○"}
      </span>{" "}
      {provider.available ? "available" : oneLine(provider.reason ?? "not available").split("; ")[0]}
    </span>
  );
}

interface ProviderTableProps {
  providers: ProviderDetail[];
  selected: string | undefined;
}

/** Who could be asked: those that can be called first. */
export function ProviderTable({ providers, selected }: ProviderTableProps) {
  return (
    <table className="grid providers">
      <GridHead columns={["Provider", "State", ["Dialect", "wide"], ["Models", "number"]]} />
      <tbody>
        {providers.map((provider) => (
          <tr key={provider.id} aria-current={provider.id === selected ? "true" : undefined}>
            <th scope="row">
              <Link to="/models" search={{ provider: provider.id }} id={`provider-${provider.id}`}>
                {oneLine(provider.id)}
              </Link>
            </th>
            <td className="state" title={oneLine(provider.reason ?? "")}>
              <Availability provider={provider} />
            </td>
            <td className="wide">{provider.dialect}</td>
            <td className="number">{formatCount(provider.models.length)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
