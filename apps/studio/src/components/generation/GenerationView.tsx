import type { GenerationDetail } from "@flywheel/protocol";
import { Link, useNavigate } from "@tanstack/react-router";
import { type ReactNode, useMemo } from "react";
import { apiBaseUrl } from "../../api/server.ts";
import { endpointCallOf } from "../../text/endpoint-call.ts";
import { endpointSnippet } from "../../text/endpoint-snippet.ts";
import { formatInstant } from "../../text/format.ts";
import { oneLine } from "../../text/escape.ts";
import { pathOf, snippet, SNIPPET_LANGUAGES } from "../../text/snippet.ts";
import { keepInput } from "../endpoints/endpoint-input.ts";
import { useShortcuts } from "../shell/shortcuts.ts";
import { CopyButton } from "../text/CopyButton.tsx";
import { SafeText } from "../text/SafeText.tsx";
import { Columns, KeyFigures, UsageTable } from "./Facts.tsx";
import { Message, Messages } from "./Messages.tsx";
import { RawBody } from "./RawBody.tsx";
import { StatusMark } from "./StatusMark.tsx";
import { UserEvents } from "./UserEvents.tsx";
import { Waterfall } from "./Waterfall.tsx";

/** One generation, whole: the same beside the list and on its own page. */
export function GenerationView({ generation }: { generation: GenerationDetail }) {
  return (
    <div className="generation">
      <p className="generation-line">
        <StatusMark row={generation} />
        <span className="generation-model">{modelLine(generation)}</span>
        <time dateTime={new Date(generation.time).toISOString()}>{formatInstant(generation.time)}</time>
      </p>
      <KeyFigures generation={generation} />
      {generation.error_message !== "" && (
        <div className="failure">
          <strong>{oneLine(generation.error_code)}</strong>
          <SafeText text={generation.error_message} />
        </div>
      )}
      <CopyActions generation={generation} />
      <div className="generation-body">
        <div className="generation-part exchange">
          <Section title="Input">
            <Messages messages={generation.messages} />
          </Section>
          <Section title="Output">
            {generation.output ? <Message message={generation.output} /> : <p className="note">There was no output.</p>}
          </Section>
          <Section title="Timing">
            <Waterfall generation={generation} />
          </Section>
        </div>
        <div className="generation-part particulars">
          <Section title="What users did">
            <UserEvents generation={generation.id} />
          </Section>
          <Section title="Usage and cost">
            <UsageTable generation={generation} />
          </Section>
          <Section title="Columns">
            <Columns generation={generation} />
          </Section>
        </div>
        <div className="generation-part raw-bodies">
          <Section title="Raw">
            <RawBody title="Request" body={generation.request_body} />
            <RawBody title="Response" body={generation.response_body} />
            {generation.usage_raw !== "" && <RawBody title="Usage as reported" body={generation.usage_raw} />}
          </Section>
        </div>
      </div>
    </div>
  );
}

/** `fast → gpt-5.2-mini · openai`: what was asked for, what answered, and whose it is. */
function modelLine(generation: GenerationDetail): string {
  const { request_model: asked, response_model, provider_model, provider_name: provider } = generation;
  const answered = response_model || provider_model;
  const direct = answered === "" || asked === answered || asked === `${provider}/${answered}`;
  return oneLine(direct ? asked : `${asked} → ${answered} · ${provider}`);
}

function CopyActions({ generation }: { generation: GenerationDetail }) {
  const navigate = useNavigate();
  const called = useMemo(() => endpointCallOf(generation), [generation]);
  const keep = (): void => {
    if (called) keepInput(called.name, called.input);
  };
  useShortcuts({
    p() {
      keep();
      if (called) void navigate({ to: "/endpoints", search: { endpoint: called.name } });
      else void navigate({ to: "/playground", search: { generation: generation.id } });
    },
  });
  const snippets = useMemo(() => {
    if (called) {
      const text = endpointSnippet(called.name, called.input, location.origin);
      return SNIPPET_LANGUAGES.map((language) => ({ language, text: text(language) }));
    }
    const path = pathOf(generation.request_dialect, generation.operation_name);
    const request = { body: generation.request_body, baseUrl: apiBaseUrl(), path };
    return SNIPPET_LANGUAGES.map((language) => ({ language, text: snippet(language, request) }));
  }, [generation, called]);
  return (
    <div className="copy-actions" role="group" aria-label="Copy this request">
      <span className="note">Copy as</span>
      {snippets.map(
        ({ language, text }) =>
          text !== null && (
            <CopyButton
              key={language}
              text={text}
              label={language}
              shortcut={language === "curl" ? "c" : undefined}
              className="button small"
            />
          ),
      )}
      {called ? (
        <Link className="button small" to="/endpoints" search={{ endpoint: called.name }} onClick={keep}>
          Try the endpoint again
        </Link>
      ) : (
        <Link className="button small" to="/playground" search={{ generation: generation.id }}>
          Open in playground
        </Link>
      )}
      <CopyButton text={generation.id} label="Id" className="button small" />
      <CopyButton text={linkTo(generation.id)} label="Link" className="button small" />
    </div>
  );
}

/** The address of a generation's own page. */
export function linkTo(id: string): string {
  return `${location.origin}/studio/logs/${id}`;
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="section" aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}
