// Small comforts; every page works without them.

document.addEventListener("click", (event) => {
  const closer = event.target.closest("[data-close]");
  if (closer) closer.parentElement.remove();
});

// a search box narrows the choices of the drop-down beside it
document.addEventListener("input", (event) => {
  const box = event.target.closest("[data-narrows]");
  if (!box) return;
  const wanted = box.value.trim().toLowerCase();
  for (const option of document.getElementById(box.dataset.narrows).options) {
    option.hidden = wanted !== "" && !option.selected && !option.text.toLowerCase().includes(wanted);
  }
});

// a form is sent by its switch or its drop-down, where it says so
document.addEventListener("change", (event) => {
  if (event.target.closest("[data-sends]")) event.target.form.requestSubmit();
});

// a second click while the first is answered is none
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent && !form.hasAttribute("hx-post")) event.preventDefault();
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

// the menu is folded where there is no room for it
const menu = document.querySelector("details.menu");
if (menu) {
  const narrow = window.matchMedia("(max-width: 63.99rem)");
  const fold = () => { menu.open = !narrow.matches; };
  narrow.addEventListener("change", fold);
  fold();
}

// Escape closes the record beside a list
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.querySelector("#drawer > *")?.remove();
});

// what stands on a page may be old while nobody answers
const lost = document.getElementById("lost");
if (lost) {
  document.addEventListener("htmx:sse:error", (event) => { lost.hidden = Boolean(event.detail.status); });
  document.addEventListener("htmx:sse:after:connection", () => { lost.hidden = true; });
}
