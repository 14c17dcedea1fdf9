/**
 * For a match that has to pass a checksum: the length of its longest beginning that does, 0 for none. What follows a
 * number often looks like more of it ("4111 1111 1111 1111 123"), so shorter beginnings are tried, group by group.
 */
export const CHECKS: Record<"luhn" | "iban", (match: string) => number> = {
  luhn: (match) => longestBeginning(match, passesLuhn),
  iban: (match) => longestBeginning(match, passesIban),
};

function longestBeginning(match: string, passes: (compact: string) => boolean): number {
  for (let end = match.length; end > 0; end--) {
    const endsGroup = isAlphanumeric(match, end - 1) && !isAlphanumeric(match, end);
    if (endsGroup && passes(match.slice(0, end).replace(/[ -]/g, ""))) return end;
  }
  return 0;
}

const isAlphanumeric = (text: string, at: number) => /[A-Z0-9]/.test(text[at] ?? "");

/** ISO/IEC 7812-1, annex B. */
function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    sum += i % 2 === 0 ? digit : digit < 5 ? digit * 2 : digit * 2 - 9;
  }
  return digits.length >= 13 && sum % 10 === 0;
}

/** ISO 13616: the first four characters go to the end, letters count from 10, the whole leaves 1 modulo 97. */
function passesIban(iban: string): boolean {
  let remainder = 0;
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return iban.length >= 15 && remainder === 1;
}
