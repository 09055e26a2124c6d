// A table of which the kernel is asked for the rows that are seen. Cells are text, and
// nothing is ever made from them but text.

const SIZES = [20, 50, 100, 500];
const LATE = 400; // milliseconds after which the reader is told that the kernel is busy

const counted = (number) => number.toLocaleString("en-US");

function render({ model, el }) {
  const columns = model.get("columns");
  const count = model.get("count");
  let [start, size, order, number] = [0, SIZES[0], null, 0];
  let waiting;

  const status = element("span", { role: "status" });
  const head = element("tr");
  const body = element("tbody");
  const page = element("input", {
    type: "number", min: 1, "aria-label": "Page", onchange: () => go((page.value - 1) * size),
    onkeydown: (event) => event.stopPropagation(),
  });
  const sizes = element(
    "select", { "aria-label": "Rows on a page", onchange: () => resize(+sizes.value) },
    ...SIZES.map((rows) => element("option", { value: rows, text: `${rows} rows` })),
  );
  const back = [
    button("First", "The first page", () => go(0)),
    button("Previous", "The page before", () => go(start - size)),
  ];
  const forth = [
    button("Next", "The next page", () => go(start + size)),
    button("Last", "The last page", () => go(Infinity)),
  ];
  const table = element("table", { class: "kit-table" }, element("thead", {}, head), body);
  const region = element(
    "div", { class: "kit-scroll", role: "region", tabindex: 0, "aria-label": model.get("title") },
    table,
  );

  function last() {
    return Math.max(Math.ceil(count / size) - 1, 0) * size;
  }

  function go(to) {
    start = Math.min(Math.max(Math.floor(to / size) * size || 0, 0), last());
    ask();
  }

  function resize(rows) {
    size = rows;
    go(start);
  }

  // Up, down, and as it was.
  function sort(column) {
    if (order?.column !== column) order = { column, descending: false };
    else order = order.descending ? null : { column, descending: true };
    start = 0;
    titles();
    ask();
  }

  function titles() {
    head.replaceChildren(...columns.map((column, index) => {
      const way = order?.column !== index ? "none" : order.descending ? "descending" : "ascending";
      const facts = { scope: "col", class: column.is_number ? "kit-number" : "", title: column.kind };
      if (!column.is_sortable) return element("th", { ...facts, text: column.name });
      const mark = { none: "", ascending: " ↑", descending: " ↓" }[way];
      const name = column.name || "position";
      const press = element("button", {
        type: "button", text: `${column.name}${mark}` || "#", title: `Sort by ${name}`,
        "aria-label": `Sort by ${name}`, onclick: () => sort(index),
      });
      return element("th", { ...facts, "aria-sort": way }, press);
    }));
  }

  function ask() {
    number += 1;
    region.setAttribute("aria-busy", "true");
    clearTimeout(waiting);
    waiting = setTimeout(() => { status.textContent = "waiting for the kernel …"; }, LATE);
    model.send({
      number, start, count: size,
      column: order?.column ?? null, descending: order?.descending ?? false,
    });
  }

  function show(rows) {
    clearTimeout(waiting);
    region.removeAttribute("aria-busy");
    body.replaceChildren(...rows.map((row) => element("tr", {}, ...row.map(
      (text, index) => element("td", { text, class: columns[index]?.is_number ? "kit-number" : "" }),
    ))));
    region.scrollTop = 0;
    const end = start + rows.length;
    status.textContent = count ? `${counted(start + 1)} to ${counted(end)} of ${counted(count)}` : "no rows";
    page.value = start / size + 1;
    page.max = last() / size + 1;
    for (const made of back) made.disabled = start === 0;
    for (const made of forth) made.disabled = start >= last();
  }

  function answered(message) {
    if (message.number !== number) return; // another page is wanted by now
    if (message.error === undefined) { show(message.rows); return; }
    clearTimeout(waiting);
    region.removeAttribute("aria-busy");
    status.textContent = message.error;
  }

  const fits = count <= SIZES[0];
  const tools = element(
    "div", { class: "kit-grid-tools" }, ...back, page, ...forth, sizes, status,
  );
  el.classList.add("kit-grid");
  el.append(element("p", { class: "kit-grid-title", text: model.get("title") }), region);
  if (!fits) el.append(tools);
  titles();
  show(model.get("first"));
  model.on("msg:custom", answered);
  return () => {
    clearTimeout(waiting);
    model.off("msg:custom", answered);
  };
}

export default { render };
