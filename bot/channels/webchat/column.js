// One person's chats: their private chat with 小栖, and the residents' groups.

import { Times, bubble, pending } from "./bubbles.js";
import { Composer } from "./composer.js";
import { largerText, make } from "./dom.js";
import { Unsent } from "./unsent.js";

const OWN = "me";
const NEAR_THE_END = 120; // pixels
const QUOTED = 18; // characters
const STARTERS = ["我要报修", "查进度", "转人工", "帮助"];
const STAFF_STARTERS = ["我的单", "查进度", "转人工", "帮助"];
const STAFF = ["网格长", "网格员", "社区书记", "社区值班"];
const STATES = {
  connecting: "正在连接…",
  live: "",
  lost: "网络断开，正在重连… 您写的话不会丢",
  forgetful: "浏览器没有保存 Cookie，小栖记不住您是谁。请在设置里允许 Cookie，再刷新页面",
};

export class Column {
  element; #base; #person; #times; #nudge; #onNews; #unsent; #views = new Map(); #current = OWN; #invited;
  #state; #tabs; #stage; #names = null; #answered = new Set();

  constructor({ base, person, groups, zone, nudge, onNews = () => {}, invited = "" }) {
    this.#base = base;
    this.#person = person;
    this.#times = new Times(zone);
    this.#nudge = nudge;
    this.#onNews = onNews;
    this.#invited = invited;
    this.#unsent = new Unsent(`xiaoqi.unsent.${base}`, base, {
      onChange: () => this.#drawUnsent(),
      onStranger: () => nudge(true),
    });
    this.#state = make("p", { class: "line-state", role: "status" }, STATES.connecting);
    this.#tabs = make("div", { class: "chats", role: "tablist", "aria-label": "聊天", hidden: !groups.length });
    this.#stage = make("div", { class: "stage" });
    this.element = make("section", { class: "column", "aria-label": person.name || "和小栖聊天" },
      this.#header(), this.#tabs, this.#state, this.#stage);
    this.#addView(OWN, "和小栖私聊");
    for (const group of groups) this.#addView(group.chat, groups.length > 1 ? group.title : "居民群", group.title);
    this.#choose(OWN);
  }

  open() {
    this.#unsent.start();
    this.#drawUnsent();
    for (const view of this.#views.values()) view.list.setAttribute("aria-live", "polite");
    if (this.#invited) this.#offerInvitation();
  }

  tell(state) {
    this.#state.replaceChildren(STATES[state]);
    this.#state.classList.toggle("bad", state === "lost" || state === "forgetful");
  }

  // A row of any chat of the line; those of others are passed over. `old`: it was there when the page was opened.
  show(row, old) {
    const name = row.chat.startsWith(this.#person.prefix) ? row.chat.slice(this.#person.prefix.length) : row.chat;
    const view = this.#views.get(name);
    if (!view || (row.chat.includes("/") && !row.chat.startsWith(this.#person.prefix))) return;
    if (row.cursor <= view.last) return;
    view.last = row.cursor;
    const mine = row.from === this.#person.author;
    if (row.answers) this.#markAnswered(row.answers);
    if (row.text || row.photos || row.voices || row.files || row.location) {
      this.#append(view, row, mine);
      if (mine || old || view.followed) this.#toEnd(view);
      else view.below.hidden = false;
      if (!old && !mine) this.#news(name);
    }
    if (mine && row.key) this.#unsent.forget(row.key);
  }

  // Becomes visible: to the newest message.
  settle() {
    this.#toEnd(this.#views.get(this.#current));
  }

  suggest(words) {
    this.#choose(OWN);
    this.#views.get(OWN).composer.put(words);
  }

  // -- drawing

  #header() {
    const { name, title } = this.#person;
    const initial = name ? [...name].at(0) : "栖";
    return make("header", { class: "top" },
      make("span", { class: "face", "aria-hidden": "true" }, initial),
      make("div", { class: "title" },
        make("h2", {}, name || "小栖"),
        make("p", {}, title || "社区小助手 · 有事直接说"),
      ),
      make("button", { type: "button", class: "larger", "aria-label": "把字变大", onclick: largerText }, "字 A+"),
    );
  }

  #addView(name, label, title = "") {
    const group = name !== OWN;
    const list = make("ol", { class: "messages", role: "log", "aria-live": "off", "aria-label": label });
    const waiting = make("ol", { class: "messages waiting", "aria-label": "正在发送" });
    const below = make("button", { type: "button", class: "below", hidden: true, onclick: () => this.#toEnd(this.#views.get(name)) }, "↓ 有新消息");
    const scroll = make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label },
      this.#greeting(group, title), list, waiting);
    const staff = STAFF.includes(this.#person.title);
    const composer = new Composer({
      base: this.#base,
      starters: group ? ["@小栖 "] : staff ? STAFF_STARTERS : STARTERS,
      onSend: (body, words) => this.#send(name, body, words),
      onStranger: () => this.#nudge(true),
    });
    if (group) this.#callInstead(composer);
    const panel = make("div", { class: "panel", role: "tabpanel", "aria-label": label, hidden: true },
      scroll, below, group && !this.#person.name ? this.#nameField() : null, composer.element);
    const tab = make("button", { type: "button", role: "tab", onclick: () => this.#choose(name) }, label);
    const view = { name, group, list, waiting, below, scroll, panel, tab, composer, last: 0, said: new Map(), day: "", followed: true };
    scroll.addEventListener("scroll", () => {
      view.followed = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR_THE_END;
      if (view.followed) below.hidden = true;
    });
    // Photos that arrive and a composer that grows must not push the newest message out of sight.
    list.addEventListener("load", () => { if (view.followed) this.#toEnd(view); }, true);
    new ResizeObserver(() => { if (view.followed) this.#toEnd(view); }).observe(scroll);
    this.#views.set(name, view);
    this.#tabs.append(tab);
    this.#stage.append(panel);
  }

  #greeting(group, title) {
    if (group) {
      return make("div", { class: "greeting" },
        make("p", {}, `这里是${title || "居民群"}，大家都看得到。报修直接说；找小栖，先写“@小栖”。`),
        make("p", { class: "small" }, "电话、身份证号、门牌号请不要发在群里，到私聊里说。"));
    }
    if (STAFF.includes(this.#person.title)) {
      return make("div", { class: "greeting" },
        make("p", {}, `${this.#person.name}，派给您的工单会出现在这里，点按钮或直接打字都行：“接”“退 物业管”“延3天 等配件”“弄好了”。`));
    }
    return make("div", { class: "greeting" },
      make("p", { class: "hello" }, "您好，我是小栖，社区的小助手。"),
      make("p", {}, "灯不亮、垃圾没人收、漏水、噪音……一句话告诉我，我登记成工单，派给负责的人，办到哪一步都告诉您。"),
      make("p", {}, "不用注册，不用下载。打字、拍照、发语音都行；有数字的，回数字就行。"),
      make("p", { class: "small" }, "只有办事的人看得到您说的内容。想看或删除自己的信息，随时说“我的数据”“删除我的信息”。"),
      make("p", { class: "small" }, "有人受伤、着火、闻到煤气，请先打 120、119、110。"));
  }

  #nameField() {
    this.#names = make("input", { type: "text", maxlength: 20, autocomplete: "nickname", value: rememberedName() });
    this.#names.addEventListener("change", () => rememberName(this.#names.value));
    return make("label", { class: "name" }, "群里怎么称呼您", this.#names);
  }

  #callInstead(composer) {
    const chip = composer.element.querySelector(".starters button");
    const calling = chip.cloneNode(true);
    calling.addEventListener("click", () => composer.put("@小栖 "));
    chip.replaceWith(calling);
  }

  #append(view, row, mine) {
    const day = this.#times.day(row.at);
    if (day !== view.day) {
      view.day = day;
      view.list.append(make("li", { class: "day" }, day));
    }
    const element = bubble(row, {
      mine,
      ours: !row.from,
      group: view.group,
      time: this.#times.clock(row.at),
      quoted: view.group ? view.said.get(String(row.reply_to)) : undefined,
      files: (file) => `${this.#base}/files/${file.id}?chat=${encodeURIComponent(view.name)}&seal=${file.seal}`,
      onPress: (button) => this.#press(view, button),
      onLink: (payload) => this.#follow(payload),
      onReply: (one) => view.composer.reply(one),
    });
    if (row.buttons?.some((button) => this.#answered.has(question(button.token)))) close(element);
    view.list.append(element);
    if (view.group) view.said.set(String(row.cursor), `${row.from ? row.name : "小栖"}：${shortened(row.text)}`);
  }

  #drawUnsent() {
    for (const view of this.#views.values()) {
      const items = this.#unsent.items.filter((item) => item.body.chat === view.name);
      view.waiting.replaceChildren(...items.map((item) => pending(item, {
        onEdit: (one) => { view.composer.put(one.body.text ?? ""); this.#unsent.forget(one.body.key); },
        onDrop: (one) => this.#unsent.forget(one.body.key),
      })));
    }
    this.#nudge();
  }

  #choose(name) {
    this.#current = name;
    for (const view of this.#views.values()) {
      view.panel.hidden = view.name !== name;
      view.tab.setAttribute("aria-selected", String(view.name === name));
    }
    this.#views.get(name).tab.classList.remove("news");
    this.#toEnd(this.#views.get(name));
  }

  #news(name) {
    if (name !== this.#current) this.#views.get(name).tab.classList.add("news");
    this.#onNews();
  }

  #toEnd(view) {
    // Before anything was said the greeting is read from its beginning.
    const said = view.list.childElementCount + view.waiting.childElementCount;
    view.scroll.scrollTop = said ? view.scroll.scrollHeight : 0;
    view.below.hidden = true;
    view.followed = true;
  }

  // -- doing

  #send(chat, body, words) {
    const said = { ...body, chat };
    if (this.#names?.value.trim()) said.name = this.#names.value.trim();
    this.#unsent.add("messages", said, words);
    this.#toEnd(this.#views.get(chat));
  }

  #press(view, button) {
    this.#unsent.add("press", { chat: view.name, token: button.token }, button.label);
    if (!view.group) this.#markAnswered(question(button.token));
    this.#toEnd(view);
  }

  #follow(payload) {
    this.#choose(OWN);
    this.#unsent.add("messages", { chat: OWN, text: "", start: payload }, "（打开）");
  }

  #offerInvitation() {
    const view = this.#views.get(OWN);
    const offer = make("li", { class: "message ours" },
      make("div", { class: "bubble" }, make("p", { class: "words" }, "您是通过邀请链接打开的。点“继续”，我就认得您了。")),
      make("div", { class: "choices" }, make("button", {
        type: "button",
        onclick: () => {
          offer.remove();
          const here = new URL(location.href);
          here.searchParams.delete("start");
          history.replaceState(null, "", here);
          this.#follow(this.#invited);
        },
      }, "继续")));
    view.list.append(offer);
    this.#toEnd(view);
  }

  #markAnswered(token) {
    this.#answered.add(token);
    for (const element of this.element.querySelectorAll(`[data-token^="${CSS.escape(token)}."]`)) {
      close(element.closest("li"));
    }
  }
}

function shortened(text) {
  const line = text.replaceAll("\n", " ");
  return line.length > QUOTED ? `${line.slice(0, QUOTED)}…` : line;
}

function question(token) {
  return token.slice(0, token.lastIndexOf("."));
}

function close(message) {
  for (const button of message.querySelectorAll("[data-token]")) button.disabled = true;
}

function rememberedName() {
  try {
    return localStorage.getItem("xiaoqi.name") ?? "";
  } catch {
    return "";
  }
}

function rememberName(name) {
  try {
    localStorage.setItem("xiaoqi.name", name.trim());
  } catch {
    // Asked again next time.
  }
}
