"use strict";
(() => {
  const $ = (query, root = document) => [...root.querySelectorAll(query)];
  const id = (name) => document.getElementById(name);
  document.documentElement.classList.add("scripted");

  // Numbers as the tables write them; anything else, such as "failed (0/3)", is none.
  const number = (text) => {
    const found = /^(?:< )?([+\-−]?\d[\d.]*)(?=$|[\s†])/.exec(text.trim());
    return found ? Number(found[1].replace("−", "-")) : NaN;
  };
  const text = (row, column) => row.cells[column].textContent;

  function sort(table, column, direction) {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const numbers = new Map(rows.map((row) => [row, number(text(row, column))]));
    const numeric = rows.some((row) => !Number.isNaN(numbers.get(row)));
    const sign = direction === "ascending" ? 1 : -1;
    rows.sort((a, b) => {
      if (!numeric) return sign * text(a, column).localeCompare(text(b, column), "en", { numeric: true });
      const [x, y] = [numbers.get(a), numbers.get(b)];
      if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
      return sign * (x - y);
    });
    body.append(...rows);
    table.dataset.sorted = "";
    for (const head of table.tHead.rows[0].cells) head.removeAttribute("aria-sort");
    table.tHead.rows[0].cells[column].setAttribute("aria-sort", direction);
  }

  for (const table of $("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const values = [...table.tBodies[0].rows].map((row) => number(text(row, column)));
        const falling = values.some((value) => !Number.isNaN(value)) && !/rank|seed|seconds/.test(head.textContent);
        const first = falling ? "descending" : "ascending";
        const other = falling ? "ascending" : "descending";
        sort(table, column, head.getAttribute("aria-sort") === first ? other : first);
        if (table.classList.contains("board")) tell();
      });
    });
  }

  // The size of a score as a thin bar below it.
  for (const panel of $(".panel[data-unit]")) {
    const columns = $("thead th", panel).map((head, i) => ("of" in head.dataset ? i : -1)).filter((i) => i >= 0);
    for (const row of $("tbody tr", panel)) {
      for (const i of columns) {
        const value = number(text(row, i));
        if (!Number.isNaN(value)) row.cells[i].style.setProperty("--v", Math.max(0, Math.min(1, value)));
      }
    }
  }

  const panels = $(".panel");
  const chosen = (name) => (id(name) ? id(name).value : "");
  const current = () => panels.find((panel) => !panel.hidden);

  function tell() {
    const table = current() && current().querySelector("table");
    if (!table) return;
    const rows = [...table.tBodies[0].rows];
    const shown = rows.filter((row) => !row.hidden).length;
    const head = table.querySelector("[aria-sort]");
    const order = head ? `sorted by ${head.textContent}, ${head.getAttribute("aria-sort")}` : "best rank first";
    id("told").textContent = `${shown} of ${rows.length} rows, ${order}. Click a heading to sort.`;
  }

  function filter() {
    const wanted = chosen("method").toLowerCase();
    const off = new Set($("input[name=pool]").filter((box) => !box.checked).map((box) => box.value));
    for (const panel of panels) {
      const stage = chosen("stage") || panel.dataset.stage;
      panel.hidden = panel.dataset.metric !== chosen("metric") || panel.dataset.stage !== stage;
      const table = panel.querySelector("table");
      if (!table || panel.hidden) continue;
      for (const row of table.tBodies[0].rows) {
        const fits = !chosen("clusterer") || row.dataset.clusterer === chosen("clusterer");
        const named = text(row, 0).toLowerCase().includes(wanted);
        row.hidden = !fits || !named || off.has(row.dataset.pool);
      }
      [...table.tHead.rows[0].cells].forEach((head, column) => {
        if (!("of" in head.dataset)) return;
        const hide = Boolean(chosen("data")) && head.dataset.of !== chosen("data");
        if (head.hidden === hide) return;
        for (const row of table.rows) row.cells[column].hidden = hide;
      });
    }
    tell();
  }

  function sortByData() {
    filter();
    const heads = current() ? $("thead th", current()) : [];
    const column = heads.findIndex((head) => head.dataset.of === chosen("data"));
    if (column >= 0) sort(current().querySelector("table"), column, "descending");
    tell();
  }

  if (panels.length) {
    for (const name of ["metric", "stage", "data"]) if (id(name)) id(name).addEventListener("change", sortByData);
    id("clusterer").addEventListener("change", filter);
    id("controls").addEventListener("input", filter);
    filter();
  }

  const find = id("find");
  find.addEventListener("input", () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const part of $(".of-data")) {
      const data = part.querySelector("h3").textContent;
      let any = false;
      for (const run of $(".run", part)) {
        const all = `${data} ${run.textContent}`.toLowerCase();
        run.hidden = !words.every((word) => all.includes(word));
        any ||= !run.hidden;
        count += !run.hidden;
      }
      part.hidden = !any;
    }
    id("found").textContent = words.length ? `${count} found` : "";
  });
  for (const form of $("form")) form.addEventListener("submit", (event) => event.preventDefault());

  // A link to something folded opens it.
  function reveal() {
    let part = location.hash.length > 1 && id(decodeURIComponent(location.hash.slice(1)));
    for (let at = part; at; at = at.parentElement) {
      at.hidden = false;
      if (at.tagName === "DETAILS") at.open = true;
    }
    if (part) part.scrollIntoView();
  }
  addEventListener("hashchange", reveal);
  reveal();

  for (const box of $(".copy")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "copy";
    button.addEventListener("click", async () => {
      const code = box.querySelector("code");
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "copied";
      } catch {
        getSelection().selectAllChildren(code);
        button.textContent = "selected";
      }
      setTimeout(() => (button.textContent = "copy"), 1500);
    });
    box.append(button);
  }

  const links = new Map($("nav a").map((link) => [link.hash.slice(1), link]));
  if ("IntersectionObserver" in window) {
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        for (const link of links.values()) link.removeAttribute("aria-current");
        const link = links.get(entry.target.id);
        if (!link) continue;
        link.setAttribute("aria-current", "true");
        const list = link.closest("ul");
        list.scrollLeft += link.getBoundingClientRect().left - list.getBoundingClientRect().left - 24;
      }
    }, { rootMargin: "-20% 0px -75% 0px" });
    for (const section of $("section")) seen.observe(section);
  }

  // On paper nothing can be unfolded; runs stay folded, they would be a book.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = $("details:not([open])").filter((part) => !part.closest("#runs"));
    for (const part of opened) part.open = true;
  });
  addEventListener("afterprint", () => {
    for (const part of opened) part.open = false;
  });
})();
