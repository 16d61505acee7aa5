import { InvalidArgumentError } from "commander";

const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Reads a duration in seconds: a number, or one such as 90s, 30m, 2h, 1d. */
export function duration(text: string): number {
  const [, number, unit = "s"] = /^(\d+)([smhd])?$/.exec(text) ?? [];
  if (number === undefined) throw new InvalidArgumentError("Give seconds, or 90s, 30m, 2h, 1d.");
  return Number(number) * SECONDS[unit]!;
}

/** Reads a time: RFC 3339, or a duration from now on (`sign` 1) or back (-1). */
export function time(sign: 1 | -1): (text: string) => string {
  return text => {
    if (/^\d+[smhd]$/.test(text)) return new Date(Date.now() + sign * 1000 * duration(text)).toISOString();
    if (!/^\d{4}-\d{2}-\d{2}T/.test(text) || Number.isNaN(Date.parse(text))) {
      throw new InvalidArgumentError("Give a time such as 2026-11-30T12:00:00Z, or 30m, 2h, 1d.");
    }
    return new Date(text).toISOString();
  };
}

export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0) throw new InvalidArgumentError("Give a number.");
  return value;
}

export function count(text: string): number {
  const value = number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("Give a whole number, 1 or more.");
  return value;
}

/** Reads name=value or name:value, each name once. */
export function label(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.search(/[=:]/);
  if (at < 1) throw new InvalidArgumentError("Give name=value.");
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

export function several(text: string, before: string[] = []): string[] {
  return [...before, text];
}

export function oneOf<T extends string>(...allowed: T[]): (text: string, before?: T[]) => T[] {
  return (text, before = []) => {
    if (!allowed.includes(text as T)) throw new InvalidArgumentError(`Give one of ${allowed.join(", ")}.`);
    return [...before, text as T];
  };
}
