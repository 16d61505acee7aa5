import { once } from "node:events";

/** Results go to standard output, messages about progress to standard error. */
export function note(text: string): void {
  process.stderr.write(`${plain(text)}\n`);
}

export async function write(data: string | Uint8Array): Promise<void> {
  if (!process.stdout.write(data)) await once(process.stdout, "drain");
}

export async function printJson(value: unknown): Promise<void> {
  await write(`${JSON.stringify(value)}\n`);
}

/** A text without the control characters that a terminal would obey. */
export function plain(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, "�");
}

/** A text as one line of at most so many characters. */
export function brief(text: string, length: number): string {
  const line = plain(text).replace(/\s+/g, " ").trim();
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}

export function table(head: string[], rows: string[][]): string {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map(row => row[column]!.length)));
  const line = (row: string[]) => row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd();
  return `${[head, ...rows].map(line).join("\n")}\n`;
}

export function bytes(count: number): string {
  if (count < 1024) return `${count} bytes`;
  const unit = count < 1024 ** 2 ? "KiB" : "MiB";
  return `${(count / (unit === "KiB" ? 1024 : 1024 ** 2)).toFixed(1)} ${unit}`;
}
