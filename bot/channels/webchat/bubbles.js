// One message as it stands in a chat.

import { make } from "./dom.js";

const SHORT = 6; // labels up to here stand two in a row

export class Times {
  #zone; #clock; #day;

  constructor(zone) {
    this.#zone = zone;
    this.#clock = new Intl.DateTimeFormat("zh-CN", { timeZone: zone, hour: "2-digit", minute: "2-digit", hour12: false });
    this.#day = new Intl.DateTimeFormat("zh-CN", { timeZone: zone, month: "long", day: "numeric", weekday: "short" });
  }

  clock(at) {
    return this.#clock.format(new Date(at));
  }

  day(at) {
    return this.#day.format(new Date(at));
  }
}

// `about`: { mine, ours, group, time, files(file), quoted, onPress(button), onLink(payload), onReply(row) }
export function bubble(row, about) {
  const side = about.mine ? "mine" : about.ours ? "ours" : "other";
  const who = about.mine ? "我" : about.ours ? "小栖" : row.name;
  const item = make("li", { class: `message ${side}`, "data-cursor": row.cursor });
  const body = make("div", { class: "bubble" });
  if (about.quoted) body.append(make("p", { class: "quoted" }, about.quoted));
  if (row.text) body.append(make("p", { class: "words" }, row.text));
  for (const photo of row.photos ?? []) body.append(picture(about.files(photo)));
  for (const voice of row.voices ?? []) body.append(make("audio", { controls: true, preload: "none", "aria-label": "语音", src: about.files(voice) }));
  for (const file of row.files ?? []) body.append(make("a", { class: "file", href: about.files(file), download: "" }, "📎 下载文件"));
  if (row.location) body.append(make("p", { class: "place" }, "📍 发送了我的位置"));
  item.append(
    make("p", { class: "who" }, make("b", { class: about.group || about.ours ? "" : "quiet" }, who), " ", make("time", { datetime: row.at }, about.mine ? `已送达 ${about.time}` : about.time)),
    body,
  );
  if (row.buttons?.length) item.append(choices(row.buttons, about.onPress));
  if (row.link) {
    item.append(make("div", { class: "choices" }, make("button", { type: "button", onclick: () => about.onLink(row.link) }, "到私聊里看")));
  }
  if (about.group && about.ours) {
    item.append(make("button", { type: "button", class: "reply", onclick: () => about.onReply(row) }, "回复这条"));
  }
  return item;
}

// One of our own that is not in the transcript yet.
export function pending(item, about) {
  const element = make("li", { class: `message mine ${item.state}` });
  const body = make("div", { class: "bubble" }, make("p", { class: "words" }, item.words));
  const states = { waiting: "发送中…", late: "还没送到，连上网会自动再发", taken: "已送达", refused: item.why };
  element.append(make("p", { class: "who" }, make("b", {}, "我"), " ", make("span", {}, states[item.state])), body);
  if (item.state === "refused") {
    element.append(
      make("div", { class: "choices" },
        make("button", { type: "button", onclick: () => about.onEdit(item) }, "拿回来改一改"),
        make("button", { type: "button", onclick: () => about.onDrop(item) }, "不发了"),
      ),
    );
  }
  return element;
}

function choices(buttons, onPress) {
  const short = buttons.length > 2 && buttons.every((button) => button.label.length <= SHORT);
  const row = make("div", { class: short ? "choices short" : "choices", role: "group", "aria-label": "可以点选，也可以直接回数字" });
  for (const button of buttons) {
    row.append(make("button", { type: "button", "data-token": button.token, onclick: () => onPress(button) }, button.label));
  }
  return row;
}

function picture(source) {
  const image = make("img", { src: source, alt: "照片，点开看大图", loading: "lazy" });
  const button = make("button", { type: "button", class: "photo", onclick: () => enlarge(source) }, image);
  image.addEventListener("error", () => {
    const again = make("button", { type: "button", class: "photo missing", onclick: () => again.replaceWith(picture(`${source}&again=${Date.now()}`)) }, "照片还没有到，点这里再看一次");
    button.replaceWith(again);
  });
  return button;
}

function enlarge(source) {
  const dialog = make("dialog", { class: "large", "aria-label": "照片" },
    make("img", { src: source, alt: "照片" }),
    make("button", { type: "button", onclick: () => dialog.close() }, "关闭"),
  );
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  document.body.append(dialog);
  dialog.showModal();
}
