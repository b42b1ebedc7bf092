// What was typed and is not yet acknowledged. It is kept on this device, under the same key, until it is.

const LONGEST_WAIT = 20_000;

export class Unsent {
  #name; #base; #onChange; #onStranger; #items = []; #pumping = false; #wait = 0; #timer = null;

  // onStranger: the service does not know us any more.
  constructor(name, base, { onChange, onStranger }) {
    this.#name = name;
    this.#base = base;
    this.#onChange = onChange;
    this.#onStranger = onStranger;
    this.#items = this.#kept().map((item) => ({ ...item, state: "waiting" }));
    addEventListener("online", () => this.#pump());
  }

  get items() {
    return this.#items;
  }

  start() {
    this.#pump();
  }

  // path is "messages" or "press"; words are what to show meanwhile.
  add(path, body, words) {
    const key = newKey();
    this.#items.push({ path, body: { ...body, key }, words, at: new Date().toISOString(), state: "waiting" });
    this.#changed();
    this.#pump();
    return key;
  }

  // It stands in the transcript, or the person does not want it any more.
  forget(key) {
    const before = this.#items.length;
    this.#items = this.#items.filter((item) => item.body.key !== key);
    if (this.#items.length !== before) this.#changed();
  }

  async #pump() {
    if (this.#pumping) return;
    this.#pumping = true;
    clearTimeout(this.#timer);
    try {
      let item;
      while ((item = this.#items.find((one) => one.state === "waiting" || one.state === "late"))) {
        await this.#send(item);
        this.#wait = 0;
      }
    } catch (trouble) {
      for (const item of this.#items) if (item.state === "waiting") item.state = "late";
      this.#changed();
      this.#wait = Math.min(LONGEST_WAIT, Math.max(trouble.after ?? 0, 1_000, this.#wait * 2));
      this.#timer = setTimeout(() => this.#pump(), this.#wait * (0.8 + Math.random() * 0.4));
    } finally {
      this.#pumping = false;
    }
  }

  async #send(item) {
    const answer = await fetch(`${this.#base}/${item.path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(item.body),
    });
    if (answer.status === 401) this.#onStranger();
    if (answer.ok) {
      item.state = "taken";
    } else if (answer.status === 401 || answer.status >= 500 || answer.status === 429 || answer.status === 408) {
      const later = new Error("later");
      later.after = 1_000 * (Number(answer.headers.get("Retry-After")) || 1);
      throw later;
    } else {
      item.state = "refused";
      item.why = (await answer.json().catch(() => ({}))).text || "没有发出去，请换个说法再试。";
    }
    this.#changed();
  }

  #kept() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.#name) ?? "[]");
      return Array.isArray(kept) ? kept.filter((item) => item?.body?.key) : [];
    } catch {
      return [];
    }
  }

  #changed() {
    const keep = this.#items
      .filter((item) => item.state === "waiting" || item.state === "late")
      .map(({ path, body, words, at }) => ({ path, body, words, at }));
    try {
      if (keep.length) localStorage.setItem(this.#name, JSON.stringify(keep));
      else localStorage.removeItem(this.#name);
    } catch {
      // A browser that keeps nothing still sends.
    }
    this.#onChange();
  }
}

export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
