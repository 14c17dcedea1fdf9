import type { Endpoint, EndpointBuild, JsonSchema } from "@flywheel/protocol";
import { COMPONENTS, endpointComponents, type Named } from "@flywheel/schema/components";

const TEXT: JsonSchema = { type: "string" };

/** A project's endpoints as an OpenAPI 3.1 description. `version` is the build's id. */
export function describeEndpoints({ id, endpoints }: EndpointBuild): object {
  const { named, components } = endpointComponents(endpoints, ["Error"]);
  const paths = named.map((each) => [`/endpoints/${each.endpoint.name}`, { post: operation(each) }]);
  return {
    openapi: "3.1.1",
    info: { title: "Flywheel endpoints", version: id },
    servers: [{ url: "/" }],
    security: [{ key: [] }],
    paths: Object.fromEntries(paths) as object,
    components: {
      schemas: { ...components, Error: ERROR },
      responses: { Error: { description: "No answer", content: json("Error") } },
      securitySchemes: {
        key: { type: "http", scheme: "bearer", description: "A key of Flywheel's; `flywheel keys list` shows yours" },
      },
    },
  };
}

function operation({ endpoint: { description, examples }, input, output }: Named<Endpoint>): object {
  const shown = examples.map(({ input: value }, i) => [`example${i + 1}`, { value }]);
  const failed = { $ref: "#/components/responses/Error" };
  return {
    operationId: operationId(input),
    ...(description !== "" && { summary: description.split("\n", 1)[0], description }),
    requestBody: {
      required: true,
      content: {
        "application/json": {
          schema: reference(input),
          ...(shown.length > 0 && { examples: Object.fromEntries(shown) as object }),
        },
      },
    },
    responses: {
      200: {
        description: "An answer of this type",
        headers: { "flywheel-generation-id": { description: "What events about it are reported by", schema: TEXT } },
        content: { ...json(output), "text/event-stream": { schema: { type: "string", description: EVENTS } } },
      },
      400: failed,
      401: failed,
      502: failed,
      default: failed,
    },
  };
}

/** `SupportSendMailInput` belongs to `supportSendMail`. */
function operationId(input: string): string {
  const name = input.replace(/Input(\d*)$/, "$1");
  return name.charAt(0).toLowerCase() + name.slice(1);
}

const reference = (name: string) => ({ $ref: COMPONENTS + name });
const json = (name: string) => ({ "application/json": { schema: reference(name) } });

const EVENTS =
  "Where the client accepts it. `partial`: `{path, value}` or `{path, append}`, what there is at a JSON Pointer by now; " +
  "`final`: `{path}`, nothing there or below changes any more; `done`: `{output}`; `error`: `{error}`.";

const ERROR: JsonSchema = {
  type: "object",
  properties: {
    error: {
      type: "object",
      properties: {
        message: TEXT,
        type: TEXT,
        param: { type: ["string", "null"], description: "What of the request is at fault" },
        code: TEXT,
      },
      required: ["message", "type", "param", "code"],
    },
  },
  required: ["error"],
};
