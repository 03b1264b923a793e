
"use strict";
(() => {
  const form = document.getElementById("filters");
  const nothing = document.getElementById("nothing");
  const shown = form.elements.namedItem("shown");
  const clear = form.elements.namedItem("clear");
  const expand = form.elements.namedItem("expand");
  const checks = [...document.querySelectorAll(".check")];
  const entries = [...checks, ...document.querySelectorAll(".matrix tbody tr")].map((element) => ({
    element,
    isCheck: element.matches(".check"),
    area: element.dataset.area,
    level: element.dataset.level,
    outcomes: element.dataset.outcome.split(" "),
  }));
  const opened = new Set();

  const boxes = (name) => [...form.querySelectorAll(`input[name=${name}]`)];
  const chosen = (name) => boxes(name).filter((box) => box.checked).map((box) => box.value);

  function filter() {
    return {
      q: form.elements.namedItem("q").value.trim().toLowerCase(),
      area: form.elements.namedItem("area").value,
      level: chosen("level"),
      outcome: chosen("outcome"),
    };
  }

  function textOf(entry) {
    entry.text ??= entry.element.textContent.toLowerCase();
    return entry.text;
  }

  function matches(entry, wanted, without) {
    return (
      (!wanted.area || without === "area" || entry.area === wanted.area) &&
      (!wanted.level.length || without === "level" || wanted.level.includes(entry.level)) &&
      (!wanted.outcome.length || without === "outcome" || entry.outcomes.some((each) => wanted.outcome.includes(each))) &&
      (!wanted.q || textOf(entry).includes(wanted.q))
    );
  }

  function isActive(wanted) {
    return Boolean(wanted.q || wanted.area || wanted.level.length || wanted.outcome.length);
  }

  function apply() {
    const wanted = filter();
    const active = isActive(wanted);
    for (const entry of entries) entry.element.hidden = !matches(entry, wanted);
    for (const group of document.querySelectorAll(".group")) hideIfEmpty(group, ".check");
    for (const section of document.querySelectorAll(".section")) hideIfEmpty(section, ".check, tbody tr");
    for (const section of document.querySelectorAll("details.section")) openWhile(active, section);
    countChips(wanted);
    const visible = checks.filter((check) => !check.hidden).length;
    shown.value = active ? `${visible} of ${checks.length} checks` : `${checks.length} checks`;
    nothing.hidden = visible > 0;
    clear.hidden = !active;
  }

  function hideIfEmpty(element, kinds) {
    const members = [...element.querySelectorAll(kinds)];
    if (!members.length) return;
    const visible = members.filter((member) => !member.hidden).length;
    element.hidden = visible === 0;
    const count = element.querySelector(":scope > .reason > .count, :scope > :is(h2, h3) > .count, :scope > summary .count");
    if (count) count.textContent = visible;
  }

  function openWhile(active, section) {
    if (active && !section.open) {
      section.open = true;
      opened.add(section);
    } else if (!active && opened.delete(section)) {
      section.open = false;
    }
  }

  function countChips(wanted) {
    const countOf = (name, has) => entries.filter((entry) => entry.isCheck && matches(entry, wanted, name) && has(entry)).length;
    for (const box of boxes("level")) setCount(box, countOf("level", (entry) => entry.level === box.value));
    for (const box of boxes("outcome")) setCount(box, countOf("outcome", (entry) => entry.outcomes.includes(box.value)));
    for (const option of form.elements.namedItem("area").options) {
      const count = countOf("area", (entry) => !option.value || entry.area === option.value);
      option.textContent = `${option.value || "all areas"} (${count})`;
    }
  }

  function setCount(box, count) {
    box.parentElement.querySelector(".count").textContent = count;
  }

  function query(wanted) {
    const parameters = new URLSearchParams();
    for (const name of ["q", "area"]) if (wanted[name]) parameters.set(name, wanted[name]);
    for (const name of ["level", "outcome"]) for (const value of wanted[name]) parameters.append(name, value);
    return parameters.toString();
  }

  function remember() {
    const text = query(filter());
    history.replaceState(null, "", text ? `#?${text}` : location.pathname + location.search);
  }

  function recall() {
    const hash = location.hash;
    if (hash.startsWith("#?") || !hash) {
      const parameters = new URLSearchParams(hash.slice(2));
      form.elements.namedItem("q").value = parameters.get("q") ?? "";
      form.elements.namedItem("area").value = parameters.get("area") ?? "";
      if (form.elements.namedItem("area").selectedIndex < 0) form.elements.namedItem("area").value = "";
      for (const name of ["level", "outcome"]) {
        for (const box of boxes(name)) box.checked = parameters.getAll(name).includes(box.value);
      }
      apply();
      return;
    }
    reveal(document.getElementById(hash.slice(1)));
  }

  function reveal(target) {
    if (!target) return;
    if (target.closest("[hidden]")) {
      form.reset();
      apply();
    }
    for (let outer = target.closest("details"); outer; outer = outer.parentElement.closest("details")) outer.open = true;
    target.scrollIntoView();
    target.closest(".check")?.querySelector("summary").focus({ preventScroll: true });
  }

  function linkCounts() {
    for (const cell of document.querySelectorAll(".counts tbody [data-area]")) {
      const { area, level, outcome } = cell.dataset;
      if (cell.classList.contains("none") || (!area && !outcome)) continue;
      const wanted = { q: "", area, level: level ? [level] : [], outcome: outcome ? [outcome] : [] };
      const link = document.createElement("a");
      link.href = `#?${query(wanted)}`;
      link.append(...cell.childNodes);
      cell.append(link);
    }
  }

  function offerCopies() {
    for (const code of document.querySelectorAll("pre[data-copy]")) {
      const frame = document.createElement("div");
      const button = document.createElement("button");
      const row = code.closest("dd").previousElementSibling;
      frame.className = "code";
      button.type = "button";
      button.textContent = "copy";
      button.setAttribute("aria-label", `copy: ${row.textContent}`);
      button.addEventListener("click", () => copy(code, button));
      code.replaceWith(frame);
      frame.append(code, button);
    }
  }

  async function copy(code, button) {
    let done = false;
    try {
      await navigator.clipboard.writeText(code.textContent);
      done = true;
    } catch {
      getSelection().selectAllChildren(code);
      done = document.execCommand("copy");
    }
    button.textContent = done ? "copied" : "selected";
    setTimeout(() => (button.textContent = "copy"), 2000);
  }

  function toggleAll() {
    const open = expand.getAttribute("aria-pressed") !== "true";
    for (const check of checks) if (!check.hidden) check.open = open;
    for (const section of document.querySelectorAll("details.section")) if (open && !section.hidden) section.open = true;
    expand.setAttribute("aria-pressed", String(open));
    expand.textContent = open ? "Collapse all" : "Expand all";
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    apply();
    remember();
  });
  form.addEventListener("reset", () =>
    setTimeout(() => {
      apply();
      remember();
    }),
  );
  expand.addEventListener("click", toggleAll);
  window.addEventListener("hashchange", recall);
  form.hidden = false;
  linkCounts();
  offerCopies();
  apply();
  recall();
})();
