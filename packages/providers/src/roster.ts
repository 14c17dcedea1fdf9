/** Something on a roster, at most one at a time. */
export interface Listed {
  /** Where on it; the roster's to set. Begins as −1. */
  slot: number;
}

/**
 * Who is here now, for crowds that come and go by the thousand; in no order.
 *
 * Not a Set: one that is added to and taken from all the time is rebuilt every few dozen times, and each table that it
 * leaves behind points at the next. Once one of them is in V8's old space, all that the later ones ever held outlives its
 * use until the next full collection (a third of the gateway's CPU time and 60 MB, before).
 */
export class Roster<Member extends Listed> {
  #members: Member[] = [];

  get size(): number {
    return this.#members.length;
  }

  has(member: Member): boolean {
    return this.#members[member.slot] === member;
  }

  add(member: Member): void {
    if (!this.has(member)) member.slot = this.#members.push(member) - 1;
  }

  delete(member: Member): void {
    if (!this.has(member)) return;
    const last = this.#members.pop()!;
    if (last !== member) this.#members[member.slot] = last;
    last.slot = member.slot;
    member.slot = -1;
  }

  /** A copy: it does not change while one goes through it. */
  list(): Member[] {
    return this.#members.slice();
  }
}
