import type { JsonSchema, ListedEndpoint } from "@flywheel/protocol";
import { CopyButton } from "../text/CopyButton.tsx";
import { SafeText } from "../text/SafeText.tsx";
import { GrammarTable } from "./GrammarTable.tsx";

/** What an endpoint takes and answers, as JSON Schema, and what a grammar makes of it. */
export function Types({ endpoint }: { endpoint: ListedEndpoint }) {
  return (
    <div className="endpoint-body">
      <div className="schemas">
        <SchemaText title="Input" schema={endpoint.input} />
        <SchemaText title="Output" schema={endpoint.output} />
      </div>
      <section className="section" aria-label="Grammar">
        <h2>Grammar of local models</h2>
        <GrammarTable grammar={endpoint.grammar} />
      </section>
    </div>
  );
}

function SchemaText({ title, schema }: { title: string; schema: JsonSchema | null }) {
  const text = JSON.stringify(withoutDraft(schema), null, 2);
  return (
    <section aria-label={`${title} schema`}>
      <header className="message-head">
        <h2>{title}</h2>
        {schema !== null && <CopyButton text={text} label="Copy" className="button quiet small" />}
      </header>
      {schema === null ? (
        <p className="note">Text.</p>
      ) : (
        <div className="schema" tabIndex={0} role="group" aria-label={`${title} as JSON Schema`}>
          <SafeText text={text} code />
        </div>
      )}
    </section>
  );
}

/** Which draft it is written in, is the same for all. */
function withoutDraft(schema: JsonSchema | null): JsonSchema | null {
  if (typeof schema !== "object" || schema === null) return schema;
  const { $schema: _, ...keywords } = schema;
  return keywords;
}
