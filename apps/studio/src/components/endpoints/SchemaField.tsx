import type { JsonSchema } from "@flywheel/protocol";
import { type ReactNode, useId, useState } from "react";
import { oneLine } from "../../text/escape.ts";
import { type Json, type JsonObject, isObject } from "../../text/json.ts";
import { blankOf, descriptionOf, type Field, fieldOf, type Member, variantOf } from "../../text/schema-form.ts";
import { JsonArea } from "./JsonArea.tsx";

interface SchemaFieldProps {
  schema: JsonSchema;
  /** The whole schema, which references lead into. */
  root: JsonSchema;
  label: string;
  required: boolean;
  /** `undefined`: it is left out. */
  value: Json | undefined;
  onChange(value: Json | undefined): void;
}

/** One value of an input, with the field that its schema asks for; members and items have fields of their own. */
export function SchemaField(props: SchemaFieldProps) {
  const { schema, root, value } = props;
  const field = fieldOf(schema, root);
  const simple =
    field.kind === "text" || field.kind === "number" || field.kind === "boolean" || field.kind === "choice";
  if (simple) return <Simple {...props} field={field} />;
  return (
    <fieldset className="nested">
      <legend>
        <Label {...props} />
        {!props.required && <Optional {...props} />}
      </legend>
      {(value !== undefined || props.required) && <Inner {...props} field={field} />}
    </fieldset>
  );
}

/** The members of an object, without a frame: the input itself. */
export function SchemaFields({
  schema,
  root,
  value,
  onChange,
}: Pick<SchemaFieldProps, "schema" | "root" | "value" | "onChange">) {
  const field = fieldOf(schema, root);
  if (field.kind === "group") return <Group members={field.members} {...{ root, value, onChange }} />;
  return <SchemaField label="input" required {...{ schema, root, value, onChange }} />;
}

type WithField<Kind extends Field["kind"]> = SchemaFieldProps & { field: Extract<Field, { kind: Kind }> };

function Label({ label, schema, root, required }: Pick<SchemaFieldProps, "label" | "schema" | "root" | "required">) {
  const description = descriptionOf(schema, root);
  return (
    <>
      <span className="field-name">{oneLine(label)}</span>
      {!required && <span className="note"> optional</span>}
      {description !== "" && <span className="note field-about">{oneLine(description)}</span>}
    </>
  );
}

function Optional({ label, schema, root, value, onChange }: SchemaFieldProps) {
  const there = value !== undefined;
  return (
    <button
      type="button"
      className="button small"
      aria-label={`${there ? "Leave out" : "Add"} ${oneLine(label)}`}
      onClick={() => onChange(there ? undefined : blankOf(schema, root))}
    >
      {there ? "Leave out" : "Add"}
    </button>
  );
}

function Simple(props: WithField<"text" | "number" | "boolean" | "choice">) {
  const { field, label, value, required, onChange } = props;
  const id = useId();
  if (field.kind === "boolean" && required)
    return (
      <label className="field check">
        <input type="checkbox" checked={value === true} onChange={(event) => onChange(event.target.checked)} />
        <span>
          <Label {...props} />
        </span>
      </label>
    );
  return (
    <div className="field">
      <label htmlFor={id}>
        <Label {...props} />
      </label>
      {field.kind === "text" && <TextField {...{ id, field, value, required, onChange }} />}
      {field.kind === "number" && <NumberField key={label} {...{ id, field, value, onChange }} />}
      {(field.kind === "choice" || field.kind === "boolean") && (
        <Choice
          values={field.kind === "boolean" ? [true, false] : field.values}
          {...{ id, value, required, onChange }}
        />
      )}
    </div>
  );
}

type Control<Kind extends Field["kind"]> = Pick<WithField<Kind>, "field" | "value" | "onChange"> & { id: string };

function TextField({ id, field, value, required, onChange }: Control<"text"> & { required: boolean }) {
  const shared = {
    id,
    value: typeof value === "string" ? value : "",
    placeholder: field.hint,
    spellCheck: field.long,
    onChange: (event: { target: { value: string } }) =>
      onChange(event.target.value === "" && !required ? undefined : event.target.value),
  };
  return field.long ? (
    <textarea className="input area" rows={1} {...shared} />
  ) : (
    <input className="input" {...shared} />
  );
}

/** What is typed stays as it is typed; what is no number goes out as text, and the server says what it thinks of it. */
function NumberField({ id, field, value, onChange }: Control<"number">) {
  const [typed, setTyped] = useState(() => writtenOf(value));
  const meant = numberOf(typed);
  return (
    <input
      id={id}
      className="input"
      inputMode="decimal"
      placeholder={field.hint}
      value={meant === value ? typed : writtenOf(value)}
      onChange={(event) => {
        setTyped(event.target.value);
        onChange(numberOf(event.target.value));
      }}
    />
  );
}

const writtenOf = (value: Json | undefined): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";

function numberOf(text: string): number | string | undefined {
  if (text.trim() === "") return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}

interface ChoiceProps {
  id: string;
  values: readonly Json[];
  value: Json | undefined;
  required: boolean;
  onChange(value: Json | undefined): void;
}

function Choice({ id, values, value, required, onChange }: ChoiceProps) {
  const index = values.findIndex((one) => JSON.stringify(one) === JSON.stringify(value));
  return (
    <select id={id} className="select" value={index} onChange={(event) => onChange(values[Number(event.target.value)])}>
      {(!required || index === -1) && <option value={-1}>–</option>}
      {values.map((one, at) => (
        <option key={at} value={at}>
          {typeof one === "string" ? oneLine(one) : JSON.stringify(one)}
        </option>
      ))}
    </select>
  );
}

function Inner(props: SchemaFieldProps & { field: Field }): ReactNode {
  const { field, root, value, onChange, label } = props;
  switch (field.kind) {
    case "group":
      return <Group members={field.members} {...{ root, value, onChange }} />;
    case "list":
      return <List item={field.item} {...{ root, value, onChange, label }} />;
    case "variants":
      return <Variants {...props} field={field} />;
    default:
      return <JsonArea label={`${oneLine(label)} as JSON`} value={value} onChange={onChange} />;
  }
}

interface GroupProps extends Pick<SchemaFieldProps, "root" | "value" | "onChange"> {
  members: readonly Member[];
}

function Group({ members, root, value, onChange }: GroupProps) {
  const object: JsonObject = isObject(value) ? value : {};
  const change = (name: string, part: Json | undefined): void => {
    const { [name]: _, ...others } = object;
    // In the order of the schema, which is that of the type.
    const changed: Record<string, Json | undefined> = { ...others, ...(part !== undefined && { [name]: part }) };
    const known = members.filter((member) => changed[member.name] !== undefined).map((member) => member.name);
    const more = Object.keys(others).filter((key) => !known.includes(key));
    onChange(Object.fromEntries([...known, ...more].map((key) => [key, changed[key]!])));
  };
  return (
    <div className="members">
      {members.map((member) => (
        <SchemaField
          key={member.name}
          schema={member.schema}
          root={root}
          label={member.name}
          required={member.required}
          value={object[member.name]}
          onChange={(part) => change(member.name, part)}
        />
      ))}
    </div>
  );
}

interface ListProps extends Pick<SchemaFieldProps, "root" | "value" | "onChange" | "label"> {
  item: JsonSchema;
}

function List({ item, root, value, onChange, label }: ListProps) {
  const items = Array.isArray(value) ? value : [];
  return (
    <div className="members">
      {items.map((one, index) => (
        <div key={index} className="list-item">
          <SchemaField
            schema={item}
            root={root}
            label={`${label} ${index + 1}`}
            required
            value={one}
            onChange={(part) => onChange(items.with(index, part ?? blankOf(item, root)))}
          />
          <button
            type="button"
            className="button quiet small"
            aria-label={`Remove ${oneLine(label)} ${index + 1}`}
            onClick={() => onChange(items.toSpliced(index, 1))}
          >
            ✕
          </button>
        </div>
      ))}
      <button
        type="button"
        className="button small add-item"
        aria-label={`Add to ${oneLine(label)}`}
        onClick={() => onChange([...items, blankOf(item, root)])}
      >
        Add
      </button>
    </div>
  );
}

function Variants({ field, root, label, value, onChange }: WithField<"variants">) {
  const chosen = variantOf(value, field.variants, root);
  const { schema } = field.variants[chosen]!;
  const inner = fieldOf(schema, root);
  return (
    <div className="members">
      <select
        className="select"
        aria-label={`Kind of ${oneLine(label)}`}
        value={chosen}
        onChange={(event) => onChange(blankOf(field.variants[Number(event.target.value)]!.schema, root))}
      >
        {field.variants.map((variant, index) => (
          <option key={index} value={index}>
            {oneLine(variant.label)}
          </option>
        ))}
      </select>
      {inner.kind === "group" ? (
        <Group members={inner.members} {...{ root, value, onChange }} />
      ) : (
        value !== null && <SchemaField label={label} required {...{ schema, root, value, onChange }} />
      )}
    </div>
  );
}
