import {
  type Command,
  type CommandContext,
  FlywheelError,
  type KeyList,
  NO_FIGURES,
  startOf,
  stretches,
  USAGE_GROUPS,
  type UsageFigures,
  type UsagePoint,
  type UsageReport,
} from "@flywheel/protocol";
import { secondsOf } from "../time-span.ts";
import { type UsageLine, usageTable } from "./usage-table.ts";

const WAYS = [...USAGE_GROUPS, "day"] as const;
type Way = (typeof WAYS)[number];

/** `flywheel usage` */
export const usageCommand: Command = {
  usage: "usage",
  summary: "what was asked, how fast, and what it cost, beside the period before",
  options: [
    { flags: "--by <what>", description: WAYS.join(", "), default: "model" },
    { flags: "--since <time>", description: "how far back, such as 24h or 30d", default: "7d" },
    { flags: "--project <name>", description: "of one project alone" },
    { flags: "--shadows", description: "with what candidates were asked unseen" },
  ],
  examples: ["flywheel usage", "flywheel usage --by day --since 30d", "flywheel usage --by key --json"],
  async run(context, _, options) {
    const by = WAYS.find((way) => way === options["by"]);
    const since = String(options["since"]);
    const length = 1000 * secondsOf("--since", since);
    if (!by) throw invalid(`--by must be one of ${WAYS.join(", ")}, not ${JSON.stringify(options["by"])}.`);
    if (length === 0) throw invalid("--since must be longer than nothing.");
    const project = options["project"] === undefined ? undefined : String(options["project"]);
    const { report, before } = await ask(context, by, length, {
      ...(project !== undefined && { project }),
      ...(options["shadows"] === true && { shadows: "true" }),
    });
    if (context.json) return context.out(JSON.stringify({ by, ...report, before }));
    if (report.total.generations === 0) return context.note(nothing(since));
    for (const line of await table(context, by, since, report, before)) context.out(line);
    const {
      groups_left_out: more,
      total: { unpriced },
    } = report;
    if (more > 0) context.note(`${more.toLocaleString("en")} more, with fewer requests, are left out.`);
    if (unpriced > 0)
      context.note(`${unpriced.toLocaleString("en")} of them have no known price: cost is without them.`);
  },
};

const invalid = (reason: string) => new FlywheelError("invalid_request", { reason });
const nothing = (since: string) =>
  `No generations in the last ${since}. \`flywheel dev\` prints a curl command that makes one; \`flywheel seed\` fills in a sample month.`;

/** A period that ends now, and the figures of the one before it. Days are whole ones, and today is one of them. */
async function ask({ api }: CommandContext, by: Way, length: number, filters: Record<string, string>) {
  const now = Date.now();
  const from = by === "day" ? startOf(Math.min(now, now - length + 86_400_000), "day") : now - length;
  const get = async (period: { from: number; to: number }, more: Record<string, string>) => {
    const { timeZone: zone } = Intl.DateTimeFormat().resolvedOptions();
    const query = { from: String(period.from), to: String(period.to), zone, ...filters };
    return (await api()).get<UsageReport>(`/api/usage?${new URLSearchParams({ ...query, ...more })}`);
  };
  const [report, { total }] = await Promise.all([
    get({ from, to: now }, by === "day" ? { step: "day" } : { by }),
    get({ from: from - (now - from), to: from }, {}),
  ]);
  return { report, before: total };
}

async function table(
  context: CommandContext,
  by: Way,
  since: string,
  report: UsageReport,
  before: UsageFigures,
): Promise<string[]> {
  const starts = stretches(report.from, report.to, report.step);
  const course = (points: readonly UsagePoint[]) => {
    const counts = new Map(points.map(({ time, generations }) => [time, generations]));
    return starts.map((start) => counts.get(start) ?? 0);
  };
  const rows = by === "day" ? daysOf(report, starts) : await groupsOf(context, by, report, course);
  const total: UsageLine = {
    name: "total",
    figures: report.total,
    ...(context.color && { course: course(report.series) }),
  };
  const earlier: UsageLine = { name: `${since} before`, figures: before };
  return usageTable(by, [...rows, total, earlier]);
}

async function groupsOf(
  { api, color }: CommandContext,
  by: Way,
  { groups }: UsageReport,
  course: (points: readonly UsagePoint[]) => number[],
): Promise<UsageLine[]> {
  const keys = by === "key" ? (await (await api()).get<KeyList>("/api/keys")).data : [];
  const named = new Map(keys.map(({ id, name }) => [id, `${name} (${id})`]));
  return groups.map(({ name, series, ...figures }) => ({
    name: (named.get(name) ?? name) || "(none)",
    figures,
    ...(color && series && { course: course(series) }),
  }));
}

/** Every day, also those without a generation. */
function daysOf({ series }: UsageReport, starts: readonly number[]): UsageLine[] {
  const days = new Map(series.map((point) => [point.time, point]));
  return starts.map((start) => {
    const figures = days.get(start);
    const name = new Date(start).toLocaleDateString("sv");
    return { name, figures: figures ?? NO_FIGURES };
  });
}
