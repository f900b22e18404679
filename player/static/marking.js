// Keeps the moment that a mark would be set at where the player is, until somebody writes another.

export function marking(video) {
  const field = document.querySelector("[data-mark-at]");
  if (!field) return;
  let written = false;
  field.addEventListener("input", () => {
    written = field.value !== "";
  });
  const follow = () => {
    if (written) return;
    const tenths = Math.floor(video.currentTime * 10);
    const two = (number) => String(number).padStart(2, "0");
    const [hours, minutes, seconds] = [Math.floor(tenths / 36000), Math.floor(tenths / 600) % 60, Math.floor(tenths / 10) % 60];
    field.value = `${hours}:${two(minutes)}:${two(seconds)}.${tenths % 10}`;
  };
  for (const event of ["loadedmetadata", "timeupdate", "seeked"]) video.addEventListener(event, follow);
}
