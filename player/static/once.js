// Saves what is shown once as a file, without asking the server for it again: it could not answer.

const shown = document.querySelector("[data-file]");
const button = document.querySelector("[data-save]");

button.hidden = false;
button.addEventListener("click", () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`${shown.textContent}\n`], { type: "application/json" }));
  link.download = shown.dataset.file;
  link.click();
  URL.revokeObjectURL(link.href);
});
