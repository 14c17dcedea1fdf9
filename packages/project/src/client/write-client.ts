import { readFileSync } from "node:fs";
import type { Endpoint, EndpointBuild } from "@flywheel/protocol";
import { endpointComponents, type Named } from "@flywheel/schema/components";
import { declareType, docComment } from "@flywheel/schema/type-text";

const RUNTIME = new URL("./runtime.ts", import.meta.url);

/**
 * The typed client of a project's endpoints: one TypeScript file that depends on nothing. Its types are those of the
 * JSON that goes over the wire. The same build gives the same text.
 */
export function writeClient({ endpoints }: EndpointBuild): string {
  const { named, components } = endpointComponents(endpoints, reservedNames());
  const types = Object.entries(components).map(([name, schema]) => declareType(name, schema));
  return [HEAD, ...types, clientType(named), clientMaker(named), runtime()].join("\n");
}

/** What a written client begins with; no other file does. */
export const CLIENT_HEAD = "// Written by `flywheel types`.";

const HEAD = `${CLIENT_HEAD} Do not edit: write it again after a change of the endpoints.
//
//   const client = createClient({ key: process.env.FLYWHEEL_KEY! });
`;

function clientType(named: readonly Named<Endpoint>[]): string {
  const lines = named.map(({ endpoint: { name, description }, input, output }) => {
    const comment = docComment(description, "  ");
    return `${comment}  ${keyOf(name)}: EndpointCall<${input}, ${output}>;\n`;
  });
  return `/** The endpoints of the project, by name. */\nexport interface Client {\n${lines.join("")}}\n`;
}

function clientMaker(named: readonly Named<Endpoint>[]): string {
  const lines = named.map(
    ({ endpoint: { name } }) => `    ${keyOf(name)}: endpointCall(${JSON.stringify(name)}, options),\n`,
  );
  return `export function createClient(options: ClientOptions): Client {\n  return {\n${lines.join("")}  };\n}\n`;
}

const keyOf = (name: string) => (/^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name));

/** What the file itself needs a name for. */
function reservedNames(): string[] {
  const code = runtime().replace(/\/\*\*[^]*?\*\/|\/\/.*/g, "");
  return [...new Set(["Client", ...(code.match(/\b[A-Z][A-Za-z]+\b/g) ?? [])])];
}

/** Without the comment for those who work on it here. */
function runtime(): string {
  return readFileSync(RUNTIME, "utf8").replace(/^(?:\/\/.*\n)+\n/, "");
}
