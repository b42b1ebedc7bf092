// The page of a resident: one column, their own chats.

import { Column } from "./column.js";
import { rememberedText } from "./dom.js";
import { Line } from "./line.js";

rememberedText();
let column = null;
const line = new Line("/chat", {
  onOpened(found) {
    column = new Column({
      base: "/chat",
      person: found.people[0],
      groups: found.groups,
      zone: found.zone,
      nudge: (force) => line.nudge(force),
      invited: new URLSearchParams(location.search).get("start") ?? "",
    });
    document.getElementById("columns").append(column.element);
    column.open();
  },
  onRow: (row, old) => column.show(row, old),
  onState(state) {
    document.body.dataset.line = state;
    column?.tell(state);
  },
});
line.start();
