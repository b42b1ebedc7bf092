// The line to the service: reads what there is, then listens, and picks up where it was after every break.

const BEAT_MISSED = 40_000; // the service beats every 15 s
const NO_STREAM = 8_000; // a stream that has not begun by then does not get through
const POLL = 4_000;
const LONGEST_WAIT = 15_000;

export class Line {
  #root; #onOpened; #onRow; #onState;
  #after = ""; #source = null; #heard = 0; #begun = 0; #wait = 0; #timer = null; #busy = false;
  #opened = false; #authors = ""; #streams = true; #state = "";

  constructor(root, { onOpened, onRow, onState }) {
    this.#root = root;
    this.#onOpened = onOpened;
    this.#onRow = onRow;
    this.#onState = onState;
  }

  start() {
    this.#tell("connecting");
    addEventListener("online", () => this.#again(0));
    addEventListener("offline", () => this.#lost());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.#isStale()) this.#again(0);
    });
    setInterval(() => this.#watch(), 2_000);
    this.#again(0);
  }

  // Looks at once when no stream is open; with `force` also when one is, to learn who we are now.
  nudge(force = false) {
    if (force || !this.#source) this.#again(0);
  }

  async #connect() {
    if (this.#busy) return;
    this.#busy = true;
    try {
      await this.#catchUp();
      this.#wait = 0;
      if (this.#streams) this.#listen();
      else this.#again(POLL);
      this.#tell("live");
    } catch {
      if (this.#state === "forgetful") this.#hangUp();
      else this.#lost();
    } finally {
      this.#busy = false;
    }
  }

  async #catchUp() {
    let more = true;
    while (more) {
      const answer = await fetch(`${this.#root}/transcript?after=${encodeURIComponent(this.#after)}`);
      if (!answer.ok) throw new Error(String(answer.status));
      const found = await answer.json();
      this.#checkWho(found.people);
      if (!this.#opened) this.#onOpened(found);
      const first = !this.#opened;
      this.#opened = true;
      for (const row of found.rows) this.#onRow(row, first);
      this.#after = found.after;
      more = found.more;
    }
  }

  // Another cookie is another person: the page begins anew, once, and what was unsent goes with it.
  #checkWho(people) {
    const authors = people.map((person) => person.author).join(" ");
    if (this.#opened && authors !== this.#authors) {
      const reloaded = sessionStorage.getItem("xiaoqi.reloaded") === "yes";
      sessionStorage.setItem("xiaoqi.reloaded", "yes");
      if (reloaded) this.#tell("forgetful");
      else location.reload();
      throw new Error("somebody else");
    }
    this.#authors = authors;
  }

  #listen() {
    this.#hangUp();
    this.#begun = Date.now();
    this.#heard = 0;
    const source = new EventSource(`${this.#root}/events?after=${encodeURIComponent(this.#after)}`);
    this.#source = source;
    source.addEventListener("beat", () => {
      this.#heard = Date.now();
      sessionStorage.removeItem("xiaoqi.reloaded");
    });
    source.addEventListener("message", (event) => {
      this.#heard = Date.now();
      this.#after = event.lastEventId;
      this.#onRow(JSON.parse(event.data), false);
    });
    source.addEventListener("error", () => { if (this.#source === source) this.#lost(); });
  }

  #hangUp() {
    this.#source?.close();
    this.#source = null;
  }

  #lost() {
    this.#hangUp();
    this.#tell("lost");
    this.#wait = Math.min(LONGEST_WAIT, Math.max(1_000, this.#wait * 2));
    this.#again(this.#wait * (0.7 + Math.random() * 0.6));
  }

  #again(after) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), after);
  }

  #isStale() {
    return !this.#source || (this.#heard && Date.now() - this.#heard > BEAT_MISSED);
  }

  #watch() {
    if (!this.#source) return;
    if (!this.#heard && Date.now() - this.#begun > NO_STREAM) {
      this.#streams = false;
      this.#hangUp();
      this.#again(0);
    } else if (this.#isStale()) {
      this.#lost();
    }
  }

  #tell(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.#onState(state);
  }
}
