// The sample community through the eyes of several people: side by side, or one at a time on a phone.

import { ClockBar } from "./clock.js";
import { Column } from "./column.js";
import { largerText, make, rememberedText } from "./dom.js";
import { Line } from "./line.js";

const EXAMPLE = "3栋2单元楼道灯不亮了还有垃圾两天没人收";

rememberedText();
const columns = new Map();
const tabs = new Map();
const clock = new ClockBar(document.getElementById("clock"));
let shown = new URLSearchParams(location.search).get("as");

const line = new Line("/sample", {
  onOpened(found) {
    const faces = document.getElementById("faces");
    for (const person of found.people) {
      const key = person.prefix.replace("/", "");
      const column = new Column({
        base: `/sample/${key}`,
        person,
        groups: found.groups,
        zone: found.zone,
        nudge: (force) => line.nudge(force),
        onNews: () => tabs.get(key).classList.toggle("news", key !== shown),
      });
      columns.set(key, column);
      column.element.id = `column-${key}`;
      document.getElementById("columns").append(column.element);
      const tab = make(
        "button",
        { type: "button", role: "tab", id: `face-${key}`, "aria-controls": column.element.id, onclick: () => face(key) },
        make("b", {}, person.name),
        make("span", {}, person.title),
      );
      tabs.set(key, tab);
      faces.append(tab);
      column.open();
    }
    face(columns.has(shown) ? shown : found.people[0].prefix.replace("/", ""));
    clock.start(found.zone);
  },
  onRow(row, old) {
    for (const column of columns.values()) column.show(row, old);
  },
  onState(state) {
    document.body.dataset.line = state;
    for (const column of columns.values()) column.tell(state);
  },
});

function face(key) {
  shown = key;
  for (const [name, column] of columns) {
    column.element.classList.toggle("shown", name === key);
    tabs.get(name).setAttribute("aria-selected", String(name === key));
  }
  tabs.get(key).classList.remove("news");
  columns.get(key).settle();
}

document.getElementById("larger").addEventListener("click", largerText);
document.getElementById("try").addEventListener("click", () => {
  const first = columns.keys().next().value;
  if (first === undefined) return;
  face(first);
  columns.get(first).suggest(EXAMPLE);
});

line.start();
