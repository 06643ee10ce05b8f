// Small behaviours that pages share. Pages work without them.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-autosubmit]")) event.target.form.requestSubmit();
});

// A choice that shows only the fields it concerns.
function showConcerned(chooser) {
  for (const field of chooser.form.querySelectorAll("[data-shown-for]")) {
    const group = field.closest("form > div, fieldset") || field;
    group.hidden = !field.dataset.shownFor.split(" ").includes(chooser.value);
  }
}
document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-shows]").forEach(showConcerned));
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-shows]")) showConcerned(event.target);
});

// Dragging an item of a list to its place; the buttons do the same without a mouse.
let dragged = null;
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("[data-sortable] > .sortable").forEach((item) => (item.draggable = true));
});
document.addEventListener("dragstart", (event) => {
  const item = event.target.closest ? event.target.closest("[data-sortable] > .sortable") : null;
  if (!item || event.target.matches("a, input")) return;
  dragged = item;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", item.dataset.item);
  item.classList.add("dragged");
});
function dropPlace(event) {
  const target = dragged && event.target.closest("[data-sortable] > .sortable");
  return target && target !== dragged && target.parentElement === dragged.parentElement ? target : null;
}
document.addEventListener("dragover", (event) => {
  const target = dropPlace(event);
  if (!target) return;
  event.preventDefault();
  const box = target.getBoundingClientRect();
  const after = event.clientY > box.top + box.height / 2;
  target.parentElement.insertBefore(dragged, after ? target.nextElementSibling : target);
});
document.addEventListener("drop", (event) => {
  if (dragged) event.preventDefault();
});
document.addEventListener("dragend", () => {
  if (!dragged) return;
  const form = document.getElementById("place");
  const next = dragged.nextElementSibling;
  form.action = dragged.dataset.place;
  form.elements.before.value = next ? next.dataset.item : "";
  dragged = null;
  form.submit();
});
