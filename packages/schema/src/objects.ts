import type { Writer } from "./compile.ts";
import type { Place } from "./documents.ts";
import { either, type Expression, FAIL, repeat, sequence, text } from "./grammar.ts";
import {
  accepts,
  ANY_CHARACTER,
  both,
  either as eitherOf,
  EVERYTHING,
  type Language,
  literal,
  NONE,
  not,
  repeat as repeated,
} from "./regular/language.ts";
import type { Node, ObjectShape, StringShape } from "./shape.ts";
import { anyCharacter, quotedLanguage } from "./strings.ts";

/** A property with a name of its own. */
interface Member {
  name: string;
  node: Node;
  required: boolean;
}

/** Properties whose names are known by a pattern only, or not at all. */
interface OtherMembers {
  names: Language;
  node: Node;
}

const MOST_STEPS = 4000;
const MOST_PATTERNS = 5;

/**
 * `{…}`: the named properties in their order, then others. Where some may be left out, each has a rule of its own for
 * whether something stands before it, so that the grammar grows with the number of properties and not with the number of
 * their combinations.
 */
export function objectExpression(writer: Writer, shape: ObjectShape): Expression {
  const members = membersOf(shape).filter(({ name, required }) => required || nameFits(writer, shape, name));
  if (members.some(({ name, required }) => required && !nameFits(writer, shape, name))) return FAIL;
  const others = othersOf(writer, shape, members);
  const item = either(...others.map((each) => sequence(nameExpression(writer, each.names), writer.colon, writer.value(each.node)))); // prettier-ignore
  const { least, most } = counts(writer, shape, members.length);
  if (others.length > 0) noteTwins(writer, shape, least);
  const cap = most === Infinity ? Math.max(least, 1) : most;
  const key = `object ${JSON.stringify([members.map(({ name, node, required }) => [name, required, node.map(({ pointer }) => pointer)]), others.map(({ names, node }) => [names.key, node.map(({ pointer }) => pointer)]), least, most])}`; // prettier-ignore

  const after = (i: number, used: number): Expression =>
    i === members.length
      ? rest(item, used)
      : writer.define(`${key} ${i} ${used}`, "members", () => step(members[i]!, i, used));

  function step({ name, node, required }: Member, i: number, used: number): Expression {
    const left = required ? FAIL : after(i + 1, used);
    if (used >= most) return left;
    const written = sequence(...(used > 0 ? [writer.comma] : []), text(JSON.stringify(name)), writer.colon);
    return either(sequence(written, writer.value(node), after(i + 1, Math.min(used + 1, cap))), ...(required ? [] : [left])); // prettier-ignore
  }

  function rest(other: Expression, used: number): Expression {
    const few = Math.max(0, least - used);
    const more = sequence(writer.comma, other);
    if (used > 0) return repeat(more, few, most - used);
    const whole = sequence(other, repeat(more, Math.max(0, few - 1), most - 1));
    return either(...(few === 0 ? [text("")] : []), ...(most > 0 ? [whole] : []));
  }

  return sequence(text("{"), writer.space, after(0, 0), writer.space, text("}"));
}

function membersOf(shape: ObjectShape): Member[] {
  const names = new Set(shape.rules.flatMap(({ properties }) => [...properties.keys()]));
  for (const name of shape.required) names.add(name);
  return [...names].map((name) => ({ name, node: nodeOf(shape, name), required: shape.required.includes(name) }));
}

/** Everything that is said of the property of this name. */
function nodeOf({ rules, unevaluated }: ObjectShape, name: string): Node {
  const node: Place[] = [];
  let known = false;
  for (const { evaluates, properties, patterns, additional } of rules) {
    const own = properties.get(name);
    const matching = patterns.filter(({ language }) => accepts(language, name)).map(({ place }) => place);
    if (own) node.push(own);
    node.push(...matching);
    if (evaluates && (own || matching.length > 0 || additional)) known = true;
    if (!own && matching.length === 0 && additional) node.push(additional);
  }
  return known || !unevaluated ? node : [...node, unevaluated];
}

/** What else may stand in the object: a class of names for every set of patterns that a name can match. */
function othersOf(writer: Writer, shape: ObjectShape, members: readonly Member[]): OtherMembers[] {
  const patterns = new Map(
    shape.rules.flatMap((rule) => rule.patterns.map((each) => [each.language.key, each.language])),
  );
  if (patterns.size > MOST_PATTERNS) return tooMany(writer, shape);
  const allowed = both(namesOf(writer, shape), not(eitherOf(...members.map(({ name }) => literal(name)))));
  const classes: OtherMembers[] = [];
  const list = [...patterns.values()];
  for (let set = 0; set < 2 ** list.length; set++) {
    const matched = list.filter((_, i) => set & (1 << i));
    const unmatched = list.filter((_, i) => !(set & (1 << i)));
    const names = both(allowed, ...matched, ...unmatched.map(not));
    if (names !== NONE) classes.push({ names, node: otherNode(shape, new Set(matched.map(({ key }) => key))) });
  }
  return classes.filter(({ node }) => !node.some(({ schema }) => schema === false));
}

function otherNode({ rules, unevaluated }: ObjectShape, matched: ReadonlySet<string>): Node {
  const node: Place[] = [];
  let known = false;
  for (const { evaluates, patterns, additional } of rules) {
    const matching = patterns.filter(({ language }) => matched.has(language.key)).map(({ place }) => place);
    node.push(...matching, ...(matching.length === 0 && additional ? [additional] : []));
    if (evaluates && (matching.length > 0 || additional)) known = true;
  }
  return known || !unevaluated ? node : [...node, unevaluated];
}

function tooMany({ report }: Writer, { origins }: ObjectShape): OtherMembers[] {
  for (const { path, keyword } of origins)
    if (keyword === "patternProperties")
      report.note(path, keyword, "checked afterwards", `more than ${MOST_PATTERNS} patterns`);
  return [{ names: EVERYTHING, node: [] }];
}

/** The names that `propertyNames` allows. */
function namesOf(writer: Writer, { names }: ObjectShape): Language {
  if (names.length === 0) return EVERYTHING;
  const strings = writer.alternatives(names).filter((each) => each.type === "string");
  return eitherOf(...strings.map(textsOf));
}

function textsOf({ values, languages, minLength, maxLength }: StringShape): Language {
  const said = languages.map(({ language }) => language);
  const listed = values ? [eitherOf(...values.map(literal))] : [];
  const length = minLength === 0 && maxLength === Infinity ? [] : [repeated(ANY_CHARACTER, minLength, maxLength)];
  return both(...said, ...listed, ...length);
}

function nameFits(writer: Writer, shape: ObjectShape, name: string): boolean {
  return shape.names.length === 0 || accepts(namesOf(writer, shape), name);
}

function nameExpression(writer: Writer, names: Language): Expression {
  const known = quotedLanguage(names, writer);
  return known ?? sequence(text('"'), repeat(anyCharacter(writer), 0, Infinity), text('"'));
}

/** Nothing keeps a name that the schema does not know from coming twice, and then it counts once. */
function noteTwins({ report }: Writer, { required, origins }: ObjectShape, least: number): void {
  if (least - required.length < 2) return;
  for (const { path, keyword } of origins)
    if (keyword === "minProperties") report.note(path, keyword, "approximated", "the same name may come twice");
}

function counts(
  { report }: Writer,
  { minProperties, maxProperties, origins }: ObjectShape,
  members: number,
): { least: number; most: number } {
  const cap = maxProperties === Infinity ? minProperties : maxProperties;
  if (cap * Math.max(1, members) <= MOST_STEPS) return { least: minProperties, most: maxProperties };
  for (const { path, keyword } of origins)
    if (keyword === "minProperties" || keyword === "maxProperties")
      report.note(path, keyword, "checked afterwards", "with so many properties it grows too large");
  return { least: 0, most: Infinity };
}
