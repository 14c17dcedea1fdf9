import type { ListedEndpoint } from "@flywheel/protocol";
import { Link } from "@tanstack/react-router";
import { oneLine } from "../../text/escape.ts";
import { isObject } from "../../text/json.ts";
import { keywordsOf } from "../../text/schema-form.ts";
import { GridHead } from "../shell/GridHead.tsx";

interface EndpointTableProps {
  endpoints: readonly ListedEndpoint[];
  selected: string | undefined;
}

export function EndpointTable({ endpoints, selected }: EndpointTableProps) {
  return (
    <table className="grid endpoints">
      <GridHead columns={["Endpoint", "Answers", ["Model", "wide"]]} />
      <tbody>
        {endpoints.map((endpoint) => (
          <tr key={endpoint.name} aria-current={endpoint.name === selected ? "true" : undefined}>
            <th scope="row">
              <Link
                to="/endpoints"
                search={(now) => ({ ...now, endpoint: endpoint.name })}
                id={`endpoint-${endpoint.name}`}
                title={oneLine(endpoint.description)}
              >
                {oneLine(endpoint.name)}
              </Link>
            </th>
            <td>{outputOf(endpoint)}</td>
            <td className="wide">{oneLine(endpoint.model)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** `text`, `3 fields`, `array`: what an answer is, in a word. */
function outputOf({ output }: ListedEndpoint): string {
  if (output === null) return "text";
  const { properties, type } = keywordsOf(output, output);
  const fields = isObject(properties) ? Object.keys(properties).length : 0;
  if (fields > 0) return fields === 1 ? "1 field" : `${fields} fields`;
  return typeof type === "string" ? type : "one of several";
}
