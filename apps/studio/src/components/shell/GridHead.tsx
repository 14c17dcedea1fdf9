/** A column's label; or that and its class: `number` stands to the right, `wide` is left out on a phone. */
export type GridColumn = string | readonly [label: string, className: string];

/** The first row of a grid. */
export function GridHead({ columns }: { columns: readonly GridColumn[] }) {
  return (
    <thead>
      <tr>
        {columns.map((column) => {
          const [label, className] = typeof column === "string" ? [column] : column;
          return (
            <th key={label} scope="col" className={className}>
              {label}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}
