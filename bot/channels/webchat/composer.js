// Where people type, take a photo, speak or say where they are.

import { icon, make } from "./dom.js";

const LONGEST = 4096;
const MOST_PHOTOS = 9;
const LONGEST_VOICE = 60; // seconds
const SMALL_ENOUGH = 1_500_000; // bytes; larger photos are made smaller before they travel
const LONGEST_SIDE = 2048;

export class Composer {
  element; #base; #onSend; #onStranger; #input; #send; #strip; #note; #photos = []; #recorder = null; #replyTo = null;

  constructor({ base, starters, onSend, onStranger }) {
    this.#base = base;
    this.#onSend = onSend;
    this.#onStranger = onStranger;
    this.#input = make("textarea", {
      rows: 1, enterkeyhint: "send", "aria-label": "写给小栖的话", placeholder: "直接打字说…", autocomplete: "off",
    });
    this.#input.addEventListener("input", () => this.#grown());
    this.#input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.#submit();
      }
    });
    this.#send = make("button", { type: "submit", class: "primary send", "aria-label": "发送" }, icon("send"), make("span", {}, "发送"));
    this.#strip = make("div", { class: "strip", hidden: true });
    this.#note = make("p", { class: "note", role: "status", hidden: true });
    const picker = make("input", { type: "file", accept: "image/*", multiple: true, class: "hidden-input", "aria-label": "选照片或拍照" });
    picker.addEventListener("change", () => {
      for (const file of picker.files) this.#addPhoto(file);
      picker.value = "";
    });
    const tools = make("div", { class: "tools" },
      make("label", { class: "tool" }, picker, icon("photo"), "照片"),
      this.#voiceTool(),
      navigator.geolocation ? make("button", { type: "button", class: "tool", onclick: () => this.#place() }, icon("place"), "位置") : null,
    );
    const chips = make("div", { class: "starters", role: "group", "aria-label": "常用的话" });
    for (const words of starters) {
      chips.append(make("button", { type: "button", onclick: () => this.#onSend({ text: words }, words) }, words));
    }
    this.element = make("form", { class: "composer" }, chips, this.#note, this.#strip,
      make("div", { class: "line" }, this.#input, this.#send), tools);
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  put(words) {
    this.#input.value = words;
    this.#grown();
    this.#input.focus();
  }

  // The next message answers this row.
  reply(row) {
    this.#replyTo = row.cursor;
    this.#say(`回复：${row.text.slice(0, 24)}${row.text.length > 24 ? "…" : ""}`, () => { this.#replyTo = null; });
    this.#input.focus();
  }

  #submit() {
    const text = this.#input.value;
    const ready = this.#photos.filter((photo) => photo.id);
    if (this.#photos.some((photo) => !photo.id && !photo.failed)) {
      this.#say("照片还在上传，请稍等一下再发。");
      return;
    }
    if (!text.trim() && !ready.length) return;
    if (text.length > LONGEST) {
      this.#say(`一次最多 ${LONGEST} 个字，现在有 ${text.length} 个，请分几条发。`);
      return;
    }
    const body = { text, photos: ready.map((photo) => photo.id) };
    if (this.#replyTo) body.reply_to = this.#replyTo;
    this.#onSend(body, text || `［${ready.length} 张照片］`);
    this.#input.value = "";
    this.#replyTo = null;
    for (const photo of this.#photos) URL.revokeObjectURL(photo.url);
    this.#photos = [];
    this.#draw();
    this.#say("");
    this.#grown();
  }

  // -- photos

  async #addPhoto(file) {
    if (this.#photos.length >= MOST_PHOTOS) {
      this.#say(`一次最多 ${MOST_PHOTOS} 张照片。`);
      return;
    }
    const photo = { url: URL.createObjectURL(file), id: null, failed: "", file };
    this.#photos.push(photo);
    this.#draw();
    await this.#upload(photo);
  }

  async #upload(photo) {
    photo.failed = "";
    this.#draw();
    try {
      const data = await smaller(photo.file);
      const answer = await this.#post("photos", data, data.type || "application/octet-stream");
      photo.id = answer.id;
    } catch (trouble) {
      photo.failed = trouble.words ?? "没传上去，点一下再试";
      this.#say(photo.failed);
    }
    this.#draw();
  }

  #draw() {
    this.#strip.hidden = !this.#photos.length;
    this.#strip.replaceChildren(...this.#photos.map((photo) => {
      const state = photo.id ? "" : photo.failed ? "failed" : "going";
      return make("div", { class: `thumb ${state}` },
        make("img", { src: photo.url, alt: photo.id ? "要发的照片" : "正在上传的照片" }),
        photo.failed ? make("button", { type: "button", onclick: () => this.#upload(photo) }, "再试") : null,
        make("button", {
          type: "button", class: "remove", "aria-label": "不要这张",
          onclick: () => {
            URL.revokeObjectURL(photo.url);
            this.#photos = this.#photos.filter((one) => one !== photo);
            this.#draw();
          },
        }, "×"),
      );
    }));
  }

  // -- voice

  #voiceTool() {
    if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) return null;
    const label = document.createTextNode("语音");
    const button = make("button", { type: "button", class: "tool", onclick: () => this.#record(button, label) }, icon("voice"), label);
    return button;
  }

  async #record(button, label) {
    if (this.#recorder) {
      this.#recorder.stop();
      return;
    }
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      this.#say("没有打开麦克风。可以在浏览器里允许，或者直接打字。");
      return;
    }
    const parts = [];
    const recorder = new MediaRecorder(stream);
    this.#recorder = recorder;
    recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
    recorder.addEventListener("stop", () => {
      clearInterval(tick);
      for (const track of stream.getTracks()) track.stop();
      this.#recorder = null;
      button.classList.remove("recording");
      label.data = "语音";
      this.#sendVoice(new Blob(parts, { type: recorder.mimeType }));
    });
    let seconds = 0;
    const tick = setInterval(() => {
      seconds += 1;
      label.data = `说完点这里 ${seconds}″`;
      if (seconds >= LONGEST_VOICE) recorder.stop();
    }, 1_000);
    button.classList.add("recording");
    label.data = "说完点这里";
    recorder.start();
  }

  async #sendVoice(data) {
    try {
      const answer = await this.#post("voice", data, data.type);
      this.#onSend({ text: "", voice: answer.id }, "［语音］");
    } catch (trouble) {
      this.#say(trouble.words ?? "语音没传上去，请再说一次，或者直接打字。");
    }
  }

  // -- place

  #place() {
    this.#say("正在找您的位置…");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        this.#say("");
        const location = { latitude: coords.latitude, longitude: coords.longitude };
        this.#onSend({ text: "", location }, "📍 发送了我的位置");
      },
      () => this.#say("没有拿到位置。直接打字说“几栋几单元”就行。"),
      { enableHighAccuracy: true, timeout: 15_000 },
    );
  }

  async #post(path, data, type) {
    const asked = { method: "POST", headers: { "Content-Type": type }, body: data };
    const answer = await fetch(`${this.#base}/${path}`, asked);
    if (answer.status === 401) this.#onStranger();
    const told = await answer.json();
    if (!answer.ok) {
      const trouble = new Error(told.error);
      trouble.words = told.text;
      throw trouble;
    }
    return told;
  }

  #say(words, onGone) {
    this.#note.hidden = !words;
    this.#note.replaceChildren(words);
    if (onGone) {
      this.#note.append(" ", make("button", { type: "button", onclick: () => { onGone(); this.#say(""); } }, "不回复这条"));
    }
  }

  #grown() {
    this.#input.style.height = "auto";
    this.#input.style.height = `${Math.min(this.#input.scrollHeight, 200)}px`;
  }
}

// A photo that travels lightly; what cannot be drawn here is sent as it is, and the service has its say.
async function smaller(file) {
  if (file.size <= SMALL_ENOUGH) return file;
  try {
    const image = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST_SIDE / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    image.close();
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.88));
    return blob ?? file;
  } catch {
    return file;
  }
}
