import type { JobDetail } from "@flywheel/protocol";
import { useState } from "react";
import { formatCount } from "../../text/format.ts";
import { GridHead } from "../shell/GridHead.tsx";

const WIDTH = 640;
const HEIGHT = 160;

/** Loss over steps: of the texts that are learned from, and of those that are not. Its table twin holds every epoch. */
export function LossCurve({ curve, steps }: { curve: JobDetail["curve"]; steps: number }) {
  const [isTable, setTable] = useState(false);
  const last = curve.at(-1);
  return (
    <section className="loss" aria-label="Loss">
      <header className="tile-head">
        <h2>Loss, nats per token</h2>
        {last && (
          <span className="note">
            step {formatCount(last.step)} of {formatCount(steps)}: {last.loss.toFixed(3)}
          </span>
        )}
        <button
          type="button"
          className="button quiet small tile-toggle"
          aria-pressed={isTable}
          onClick={() => setTable(!isTable)}
        >
          Table
        </button>
      </header>
      {isTable ? <LossTable curve={curve} /> : <Lines curve={curve} steps={steps} />}
    </section>
  );
}

function Lines({ curve, steps }: { curve: JobDetail["curve"]; steps: number }) {
  const validated = curve.filter((step) => step.validation_loss !== undefined);
  const most = Math.max(1e-6, ...curve.map(({ loss }) => loss), ...validated.map((step) => step.validation_loss!));
  const path = (of: readonly [step: number, loss: number][]): string => {
    const points = of.map(
      ([step, loss]) => `${((WIDTH * step) / steps).toFixed(1)} ${(HEIGHT * (1 - loss / most)).toFixed(1)}`,
    );
    // One point is a dash: a line needs two.
    return points.length === 1
      ? `M${points[0]}m-4 0h8`
      : points.map((point, i) => `${i === 0 ? "M" : "L"}${point}`).join("");
  };
  return (
    <>
      <div
        className="loss-plot"
        role="img"
        aria-label={`Loss over ${formatCount(steps)} steps, up to ${most.toFixed(2)}`}
      >
        <span>{most.toFixed(2)}</span>
        <span className="loss-zero">0</span>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          <path className="learned" d={path(curve.map(({ step, loss }) => [step, loss]))} />
          <path className="validation" d={path(validated.map((step) => [step.step, step.validation_loss!]))} />
        </svg>
        <span className="loss-steps">step {formatCount(steps)}</span>
      </div>
      <ul className="legend">
        <li>
          <span className="swatch tone-faint" aria-hidden="true" />
          <span className="legend-label">learned from</span>
        </li>
        <li>
          <span className="swatch tone-accent" aria-hidden="true" />
          <span className="legend-label">not learned from</span>
        </li>
      </ul>
    </>
  );
}

function LossTable({ curve }: { curve: JobDetail["curve"] }) {
  return (
    <div className="scroller" tabIndex={0} role="group" aria-label="Loss by epoch">
      <table className="grid">
        <GridHead columns={["Epoch", ["Step", "number"], ["Learned from", "number"], ["Not learned from", "number"]]} />
        <tbody>
          {curve
            .filter((step, i) => step.validation_loss !== undefined || i === curve.length - 1)
            .map(({ step, epoch, loss, validation_loss }) => (
              <tr key={step}>
                <th scope="row">{epoch + 1}</th>
                <td className="number">{formatCount(step)}</td>
                <td className="number">{loss.toFixed(4)}</td>
                <td className="number">{validation_loss?.toFixed(4) ?? ""}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}
