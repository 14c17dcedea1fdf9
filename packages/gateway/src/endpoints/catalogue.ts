import { FlywheelError } from "@flywheel/protocol";
import type { Endpoint, EndpointBuild, ModelMessage, PromptMessage } from "@flywheel/protocol";
import { type Validator, validator } from "@flywheel/schema/validate";
import { nearest } from "../route.ts";

/** The typed endpoints of a project. Their prompts are said by the project's own code, elsewhere. */
export interface ProjectEndpoints {
  /** As they are served now; `null`: they are being built for the first time. */
  build(): EndpointBuild | null;
  /**
   * What an endpoint of that build says to a model about an input, which must be valid. Rejects with a `FlywheelError`:
   * `prompt_failed`, or `build_replaced` (try again with the current build).
   */
  renderPrompt(build: string, endpoint: string, input: unknown): Promise<PromptMessage[]>;
}

/** An endpoint with what is made of its schemas and examples, once per build. */
export interface ServedEndpoint {
  endpoint: Endpoint;
  checkInput: Validator;
  /** Of a text: there is nothing to check. */
  checkOutput: Validator | undefined;
  /** System messages, examples, and the prompt for this input. */
  render(input: unknown): Promise<ModelMessage[]>;
}

/** The endpoints of whatever build is current. */
export interface EndpointCatalogue {
  /** The current one; without endpoints before the first. */
  build(): EndpointBuild;
  /** Calls back once there is a build: at once, but in the first moments of a server; or after a while without one. */
  whenBuilt(then: () => void): void;
  /** @throws FlywheelError `model_not_found`, with the nearest name; `model_unavailable` before the first build */
  find(name: string): ServedEndpoint;
}

export const ENDPOINT_PREFIX = "endpoint/";

const FIRST_BUILD_MS = 15_000;
const FIRST_BUILD_LOOK_MS = 20;
const NOT_BUILT: EndpointBuild = { id: "none", endpoints: [] };

export function createCatalogue(source: ProjectEndpoints): EndpointCatalogue {
  const served = new WeakMap<Endpoint, ServedEndpoint>();
  return {
    build: () => source.build() ?? NOT_BUILT,
    whenBuilt(then) {
      const deadline = performance.now() + FIRST_BUILD_MS;
      const look = (): unknown =>
        source.build() || performance.now() > deadline ? then() : setTimeout(look, FIRST_BUILD_LOOK_MS);
      look();
    },
    find(name) {
      const build = source.build();
      if (!build)
        throw new FlywheelError("model_unavailable", {
          model: ENDPOINT_PREFIX + name,
          reason: "it is still being built",
        });
      const endpoint = build.endpoints.find((each) => each.name === name);
      if (!endpoint) throw notFound(name, build);
      let known = served.get(endpoint);
      if (!known)
        served.set(endpoint, (known = serve(endpoint, (input) => source.renderPrompt(build.id, name, input))));
      return known;
    },
  };
}

function notFound(name: string, { endpoints }: EndpointBuild): FlywheelError {
  const best = nearest(name, endpoints.map((each) => each.name)); // prettier-ignore
  const none = " This project has none: write one into its folder `endpoints`.";
  const hint = best === undefined ? none : ` Did you mean \`${ENDPOINT_PREFIX}${best}\`?`;
  return new FlywheelError(
    "model_not_found",
    { model: ENDPOINT_PREFIX + name.slice(0, 100), hint },
    { param: "model" },
  );
}

function serve(endpoint: Endpoint, render: (input: unknown) => Promise<readonly PromptMessage[]>): ServedEndpoint {
  let examples: Promise<ModelMessage[]> | undefined;
  return {
    endpoint,
    checkInput: validator(endpoint.input),
    checkOutput: endpoint.output === null ? undefined : validator(endpoint.output),
    async render(input) {
      examples ??= renderExamples(endpoint, render).catch((error: unknown) => {
        examples = undefined; // the next request asks again
        throw error;
      });
      const [prompt, before] = await Promise.all([render(input), examples]);
      const said = prompt.map(({ role, content }) => message(role, content));
      return [...said.filter(isSystem), ...before, ...said.filter((each) => !isSystem(each))];
    },
  };
}

const isSystem = ({ role }: ModelMessage) => role === "system";

const message = (role: ModelMessage["role"], text: string): ModelMessage => ({ role, parts: [{ type: "text", text }] });

async function renderExamples(
  { examples, output }: Endpoint,
  render: (input: unknown) => Promise<readonly PromptMessage[]>,
): Promise<ModelMessage[]> {
  const shown: ModelMessage[] = [];
  for (const example of examples) {
    const asked = (await render(example.input)).map(({ role, content }) => message(role, content));
    const answer = output === null ? String(example.output) : JSON.stringify(example.output);
    shown.push(...asked.filter((each) => !isSystem(each)), message("assistant", answer));
  }
  return shown;
}
