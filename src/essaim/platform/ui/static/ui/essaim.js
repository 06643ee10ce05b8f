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
let home = null; // what came after the item before it was dragged
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("[data-sortable] > .sortable").forEach((item) => (item.draggable = true));
});
document.addEventListener("dragstart", (event) => {
  const item = event.target.closest ? event.target.closest("[data-sortable] > .sortable") : null;
  if (!item || event.target.matches("a, input")) return;
  dragged = item;
  home = item.nextElementSibling;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", item.dataset.item);
  item.classList.add("dragged");
});
function sameList(event) {
  const target = dragged && event.target.closest("[data-sortable] > .sortable");
  return target && target.parentElement === dragged.parentElement ? target : null;
}
document.addEventListener("dragover", (event) => {
  const target = sameList(event);
  if (!target) return;
  event.preventDefault();
  if (target === dragged) return;
  const box = target.getBoundingClientRect();
  const after = event.clientY > box.top + box.height / 2;
  target.parentElement.insertBefore(dragged, after ? target.nextElementSibling : target);
});
document.addEventListener("drop", (event) => {
  if (sameList(event)) event.preventDefault();
});
document.addEventListener("dragend", (event) => {
  if (!dragged) return;
  const item = dragged;
  dragged = null;
  item.classList.remove("dragged");
  if (event.dataTransfer.dropEffect === "none") item.parentElement.insertBefore(item, home);
  if (item.nextElementSibling === home) return;
  const form = document.getElementById("place");
  form.action = item.dataset.place;
  form.elements.before.value = item.nextElementSibling ? item.nextElementSibling.dataset.item : "";
  form.submit();
});

// Choosing territories on a map: a click writes the code in a list of the form, or takes it out. Typing does the same.
document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-pick]").forEach((pick) => (pick.hidden = false)));
document.addEventListener("click", (event) => {
  const shape = event.target.closest ? event.target.closest("[data-code]") : null;
  const into = shape && document.querySelector("[data-pick] input:checked");
  const list = into && into.value && document.querySelector(`main form [name="${into.value}"]`);
  if (!list) return;
  const code = shape.dataset.code;
  const coded = /^\S*\d\S*(\s+\S*\d\S*)*$/; // codes are also parted by spaces, names are not
  const parts = list.value.split(/[,;\n]/).map((part) => part.trim()).filter(Boolean);
  const codes = parts.flatMap((part) => (coded.test(part) ? part.split(/\s+/) : [part]));
  list.value = (codes.includes(code) ? codes.filter((one) => one !== code) : [...codes, code]).join(", ");
  list.dispatchEvent(new Event("change", { bubbles: true }));
});
