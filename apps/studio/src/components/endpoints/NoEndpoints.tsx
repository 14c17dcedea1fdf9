import { CopyButton } from "../text/CopyButton.tsx";

const INIT = "npm run -s flywheel -- init";
const FILE = `import { defineEndpoint } from "flywheel";

export interface Triage {
  queue: "billing" | "cards" | "other";
  /** 1 = can wait, 3 = a person loses money now */
  urgency: 1 | 2 | 3;
}

export default defineEndpoint<{ message: string }, Triage>({
  model: "fast",
  prompt: ({ message }) => \`Triage this support message.\\n\\n\${message}\`,
});
`;

/** No endpoint yet: the command that makes one, and the file that is one. */
export function NoEndpoints() {
  return (
    <div className="nothing-yet">
      <div className="no-rows">
        <h2>No endpoints yet</h2>
        <p>A TypeScript type and a prompt in a file of endpoints/ are a served endpoint. Begin with a template:</p>
        <pre className="command" tabIndex={0}>
          {INIT}
        </pre>
        <CopyButton text={INIT} label="Copy the command" shortcut="c" />
      </div>
      <div className="no-rows">
        <h2>Or write endpoints/triage.ts</h2>
        <p>It is served a moment after it is saved, and appears here by itself.</p>
        <pre className="command" tabIndex={0}>
          {FILE}
        </pre>
        <CopyButton text={FILE} label="Copy the file" />
      </div>
    </div>
  );
}
