// A verification under way: numbered steps and every finding of each. It goes on after a finding, to name them all.

import { Malformed } from "./bytes.js";

export class Inquiry {
  findings = [];
  steps = [];
  #began;

  /** `began` hears of each step before it runs. */
  constructor(began) {
    this.#began = began;
  }

  find(code, subject, detail) {
    this.findings.push({ code, subject, detail, step: this.steps.length });
  }

  /** What `read` makes of bytes; null, and a finding, when they are malformed. */
  reading(code, subject, read) {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.find(code, subject, error.message);
      return null;
    }
  }

  /**
   * Run a step. It passes when nothing was found meanwhile; where there was nothing to check, or something of it is
   * left to `tiezheng verify`, it neither passes nor fails.
   */
  async step(name, check) {
    const step = { number: this.steps.length + 1, name, passed: null, notes: [], idle: false };
    const before = this.findings.length;
    this.#began(step);
    this.steps.push(step);
    const result = await check(step);
    const found = this.findings.slice(before);
    const left = found.length > 0 && found.every(({ code }) => code === "not-checked");
    if (!step.idle && !left) step.passed = !found.length;
    return result;
  }

  /** Nothing passes that was left unchecked, whatever else was found. */
  close() {
    const idle = this.steps.find((step) => step.passed === null);
    if (idle && !this.findings.length) this.find("not-checked", idle.name, idle.notes.join("; "));
  }
}

/** Earlier findings left this step without anything to say yes or no to. */
export function nothingToCheck(step, why) {
  step.idle = true;
  step.notes.push(why);
}
