import type { PricedModel, PricedUsage } from "@flywheel/protocol";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { pricedUsageQuery } from "../../api/usage.ts";
import { oneLine } from "../../text/escape.ts";
import { formatLarge, formatMoney } from "../../text/figures.ts";
import { formatCount, formatRateOfPrice, NONE } from "../../text/format.ts";
import type { Period } from "../../text/period.ts";
import { NotLoaded } from "../shell/NotLoaded.tsx";
import { TypedInput } from "../text/TypedInput.tsx";

/** More are found by typing. */
const SHOWN = 20;
const COLUMNS = ["Cost", "Ratio", "$ per M in", "Cache read", "Out", "Here"];

interface WhatIfProps {
  period: Period;
  /** What the models' names hold; `undefined` = closed. */
  words: string | undefined;
  onWords(words: string | undefined): void;
}

/** The period's traffic at the prices of other models. Loaded only when opened. */
export function WhatIf({ period, words, onWords }: WhatIfProps) {
  const open = words !== undefined;
  return (
    <section className="section" aria-label="What if">
      <h2>
        <button
          type="button"
          className="button"
          aria-expanded={open}
          aria-keyshortcuts="w"
          onClick={() => onWords(open ? undefined : "")}
        >
          What would it cost on another model?
        </button>
      </h2>
      {open && <Priced period={period} words={words} onWords={onWords} />}
    </section>
  );
}

function Priced({ period, words, onWords }: Omit<WhatIfProps, "words"> & { words: string }) {
  const { data, error, refetch } = useQuery(pricedUsageQuery(period));
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    input.current?.focus();
    input.current?.closest("section")?.scrollIntoView({ block: "start" });
  }, []);
  return (
    <>
      <TypedInput
        input={input}
        className="what-if-input"
        label="Models"
        placeholder="Model or provider"
        value={words}
        onType={onWords}
      />
      {data && <PricedTable priced={data} words={words} />}
      {!data && error && <NotLoaded what="prices" error={error} onRetry={() => refetch()} />}
      {!data && !error && <div className="skeleton-block" role="status" aria-label="Loading the prices" />}
    </>
  );
}

function PricedTable({ priced, words }: { priced: PricedUsage; words: string }) {
  const found = matching(priced.models, words);
  return (
    <>
      <div className="figure-scroller" tabIndex={0} role="group" aria-label="The same traffic on other models">
        <table className="figure-grid">
          <thead>
            <tr>
              <th scope="col">Model</th>
              {COLUMNS.map((label) => (
                <th key={label} scope="col" className="number">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <tr className="as-it-was">
              <th scope="row">As it was</th>
              <td className="number">{formatMoney(priced.cost_nano)}</td>
              <td className="number">×1</td>
              <td colSpan={4} />
            </tr>
            {found.slice(0, SHOWN).map((model) => (
              <PricedRow key={model.id} model={model} actual={priced.cost_nano} />
            ))}
          </tbody>
        </table>
      </div>
      <p className="note">
        {found.length === 0 && "No model with a known price has such a name. "}
        {found.length > SHOWN && `${formatCount(found.length - SHOWN)} more are dearer: type a part of a name. `}
        {assumptions(priced)}
      </p>
    </>
  );
}

function PricedRow({ model, actual }: { model: PricedModel; actual: number }) {
  const { id, available, price, cost_nano } = model;
  return (
    <tr>
      <th scope="row">{oneLine(id)}</th>
      <td className="number">{formatMoney(cost_nano)}</td>
      <td className="number">{actual === 0 ? NONE : `×${Number((cost_nano / actual).toPrecision(2))}`}</td>
      <td className="number">{formatRateOfPrice(price.input)}</td>
      <td className="number">{formatRateOfPrice(price.cache_read)}</td>
      <td className="number">{formatRateOfPrice(price.output)}</td>
      <td className="number note">{available ? "can be called" : "not set up"}</td>
    </tr>
  );
}

/** Those whose names hold every word; without a word those that were asked or can be called. */
function matching(models: readonly PricedModel[], words: string): readonly PricedModel[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length > 0) return models.filter(({ id }) => wanted.every((word) => id.toLowerCase().includes(word)));
  return models.filter(({ available, used }) => available || used);
}

function assumptions({ tokens, unpriced }: PricedUsage): string {
  const { input_tokens, output_tokens, cache_read_input_tokens: read } = tokens;
  return [
    `Priced are ${formatLarge(input_tokens)} tokens in and ${formatLarge(output_tokens)} out of ${formatCount(tokens.generations)} generations, as if every model counted and wrote as many.`,
    read > 0 &&
      `${formatLarge(read)} of the tokens in were read from a provider's cache and are priced as read from it again, or as input where a model has no such price.`,
    "What Flywheel's cache answered stays free. Where a price depends on a prompt's length, the lowest is taken.",
    unpriced > 0 && `${formatCount(unpriced)} generations have no known price: what it did cost is without them.`,
  ]
    .filter(Boolean)
    .join(" ");
}
