// The fast-forward bar of the sample: time passes here in a minute, and the bar says what happened meanwhile.

import { make } from "./dom.js";

const PATH = "/sample/clock";
const LOOK = 30_000;

export class ClockBar {
  #element; #zone = "Asia/Shanghai"; #now; #told; #buttons = [];

  constructor(element) {
    this.#element = element;
    this.#now = make("b", { class: "clock-now" });
    this.#told = make("p", { class: "clock-told", role: "status" });
    const acts = make("div", { class: "clock-acts" });
    for (const [label, advance] of [["快进 1 小时", "1h"], ["快进 1 天", "1d"], ["到下一个时限", "next"]]) {
      const button = make("button", { type: "button", onclick: () => this.#move(advance) }, label);
      this.#buttons.push(button);
      acts.append(button);
    }
    element.append(this.#now, acts, this.#told);
  }

  // Shows the bar when the clock here may be moved at all.
  async start(zone) {
    this.#zone = zone;
    await this.#look();
    setInterval(() => document.hidden || this.#look(), LOOK);
  }

  async #look() {
    try {
      const answer = await fetch(PATH);
      this.#element.hidden = !answer.ok;
      if (answer.ok) this.#show(await answer.json());
    } catch {
      // The line says when the service is away.
    }
  }

  async #move(advance) {
    for (const button of this.#buttons) button.disabled = true;
    this.#told.textContent = "时间在走……";
    try {
      const answer = await fetch(PATH, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ advance }),
      });
      const found = await answer.json();
      this.#told.textContent = found.text;
      if (answer.ok) this.#show(found);
    } catch {
      this.#told.textContent = "没有连上，请再试一次。";
    } finally {
      for (const button of this.#buttons) button.disabled = false;
    }
  }

  #show(found) {
    const format = { timeZone: this.#zone, month: "long", day: "numeric", weekday: "short", hour: "2-digit", minute: "2-digit", hour12: false };
    this.#now.textContent = `现在 ${new Intl.DateTimeFormat("zh-CN", format).format(new Date(found.now))}`;
  }
}
