import { readFileSync } from "node:fs";
import type { Endpoint, EndpointBuild, JsonSchema } from "@flywheel/protocol";
import { componentsOf, identifierOf } from "@flywheel/schema/components";
import { declareType, docComment } from "@flywheel/schema/type-text";

const RUNTIME = new URL("./runtime.ts", import.meta.url);

/**
 * The typed client of a project's endpoints: one TypeScript file that depends on nothing. Its types are those of the
 * JSON that goes over the wire. The same build gives the same text.
 */
export function writeClient({ endpoints }: EndpointBuild): string {
  const asked = endpoints.flatMap(({ name, input, output }): [string, JsonSchema][] => {
    const base = identifierOf(name);
    return [
      [`${base}Input`, input],
      [`${base}Output`, output ?? TEXT],
    ];
  });
  const { names, components } = componentsOf(asked, reservedNames());
  const named = endpoints.map((endpoint, i) => ({ endpoint, input: names[2 * i]!, output: names[2 * i + 1]! }));
  const types = Object.entries(components).map(([name, schema]) => declareType(name, schema));
  return [HEAD, ...types, clientType(named), clientMaker(named), runtime()].join("\n");
}

const TEXT: JsonSchema = { type: "string" };

/** What a written client begins with; no other file does. */
export const CLIENT_HEAD = "// Written by `flywheel types`.";

const HEAD = `${CLIENT_HEAD} Do not edit: write it again after a change of the endpoints.
//
//   const client = createClient({ key: process.env.FLYWHEEL_KEY! });
`;

interface Named {
  endpoint: Endpoint;
  input: string;
  output: string;
}

function clientType(named: readonly Named[]): string {
  const lines = named.map(({ endpoint: { name, description }, input, output }) => {
    const comment = docComment(description, "  ");
    return `${comment}  ${keyOf(name)}: EndpointCall<${input}, ${output}>;\n`;
  });
  return `/** The endpoints of the project, by name. */\nexport interface Client {\n${lines.join("")}}\n`;
}

function clientMaker(named: readonly Named[]): string {
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
